from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlg.documents.checking import appears, numbers, trouble
from nlg.documents.filling import fill, fill_later, values
from nlg.documents.template import Field, Part, Template, load
from nlg.errors import RecipeError

FIELDS = {
    "customer": Field("name", "who it is to"),
    "days": Field("number", "days since it was sent"),
    "mood": Field("text", "how they feel", "calm"),
}
GIVEN = {"customer": "Ana", "days": "6", "mood": "calm"}


# --- checks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("6", "It took 6 days.", True),
        ("6", "It took 6.", True),
        ("6", "共6天", True),
        ("6", "It took 16 days.", False),
        ("6", "It took 6.5 days.", False),
        ("6", "on 5/6", False),
        ("6", "v6", False),
        ("Ana", "Dear Ana, hello", True),
        ("Ana", "Banana Anatol", False),
        ("Ana", "Anaïs", False),
        ("林安娜", "尊敬的林安娜女士", True),
        ("Ana Lin", "Ana  Lin", False),
        ("12.50 EUR", "It is 12.50 EUR.", True),
        ("(x)*", "a (x)* b", True),
        ("A-4711", "order A-4711", True),
        ("A-4711", "order AA-4711", False),
        ("A-4711", "order A-47112", False),
    ],
)
def test_a_value_is_found_as_a_whole_and_sign_by_sign(value: str, text: str, found: bool) -> None:
    assert appears(value, text) is found


PLAIN = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8)


@settings(deadline=None)
@given(PLAIN.map(str.strip).filter(bool), PLAIN, PLAIN)
def test_a_value_between_blanks_is_always_found(value: str, before: str, after: str) -> None:
    assert appears(value, f"{before} {value} {after}")


@settings(deadline=None)
@given(st.integers(0, 9999), st.integers(0, 9999))
def test_a_number_is_found_in_another_only_if_they_are_the_same(value: int, other: int) -> None:
    assert appears(str(value), f"about {other} days") is (value == other)
    wrong = trouble(f"about {other} days", {"days": str(value)}, [], f"{value}?")
    assert bool(wrong) is (value != other)


def test_numbers_are_read_whole() -> None:
    assert numbers("12.50 on 3/4, 10:30, 1,000; a1 ３天.") == ["12.50", "3/4", "10:30", "1,000", "1", "３"]


# --- filling --------------------------------------------------------------------------------------------------------


def test_what_a_value_holds_is_never_read_as_a_place() -> None:
    assert fill("{a} {b} {{b}}", {"a": "{b}", "b": "1"}) == "{b} 1 {{b}}"
    assert fill_later("{{a}} {{c}}", {"a": "{{b}}", "b": "1"}) == "{{b}} {{c}}"


def test_defaults_hold_where_nothing_is_given() -> None:
    assert values(FIELDS, {"customer": " Ana ", "days": 6}) == GIVEN


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, r"customer \(who it is to\), days \(days since it was sent\)"),
        ({**GIVEN, "customer": " "}, r"not given are: customer"),
        ({**GIVEN, "size": "1"}, "there is no field 'size'"),
        ({**GIVEN, "days": "some"}, "is a number, and 'some' has no digit"),
        ({**GIVEN, "days": True}, "should be a text or a number"),
        ({**GIVEN, "mood": ["a"]}, "should be a text or a number"),
        ({**GIVEN, "mood": "a\x1b[2J"}, "holds a control sign"),
    ],
)
def test_values_that_do_not_fit_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        values(FIELDS, told)


# --- templates ------------------------------------------------------------------------------------------------------


def parts(*lines: str) -> str:
    return "[fields.a]\n[fields.b]\nkind = 'number'\n[[parts]]\n" + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("= nothing", "cannot be read as TOML"),
        ("[fields.a]\n", "at least one"),
        ("parts = 1", "at least one"),
        ("parts = ['a']", "'a' should be a table"),
        ("fields = {a = 1}\n[[parts]]\ntext = 'a'", "1 should be a table"),
        ("size = 1\n[[parts]]\ntext = 'a'", "unknown setting 'size'"),
        ("[fields.A1]\n[[parts]]\ntext = 'a'", "'A1' is no name"),
        ("[fields.a]\nkind = 'date'\n[[parts]]\ntext = 'a'", "'date' is none of name, number, text"),
        (parts("text = 'Dear {who}'"), r"part 1 names {who}, and there is no \[fields.who\]"),
        (parts("text = '{{a}}'"), "only an ask may. Write {a}"),
        (parts("ask = 'x'", "instead = '{{a}}'"), "only an ask may"),
        (parts("text = 'x'", "ask = 'y'", "instead = 'z'"), "either a text or an ask"),
        (parts(""), "either a text or an ask"),
        (parts("ask = 'x'"), "needs an instead"),
        (parts("text = 'x'", "instead = 'y'"), "needs an instead"),
        (parts("ask = 'x'", "instead = 'y'", "optional = ['b']"), "calls 'b' optional"),
        (parts("told = 'x'"), "parts.1: unknown setting 'told'"),
        (parts("text = 3"), "parts.1.text: 3 should be of type str"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "letter.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=said):
        load(path)


def test_a_template_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "letter.json"
    path.write_text(json.dumps({"fields": {"days": {"kind": "number"}}, "parts": [{"text": "{days}"}]}))
    assert load(path) == Template("", {"days": Field("number")}, (Part(text="{days}"),))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml cannot be read"):
        load(tmp_path / "none.toml")
