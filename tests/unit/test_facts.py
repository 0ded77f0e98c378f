"""The one list of facts, and all that follows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.facts import FACTS, Kind
from bot.init.checking import wrong_with
from bot.init.tokens import TOKENS, wrong_with_token
from bot.init.wording import instead
from bot.operations.sections import variables
from nlg.tokenizer import PLACEHOLDERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")


def test_models_can_write_every_fact_and_no_other() -> None:
    assert set(PLACEHOLDERS) == set(FACTS)


def test_every_fact_is_explained_with_an_example_in_both_languages() -> None:
    for fact in FACTS.values():
        assert all(len(words) == 2 and all(words) for words in (fact.what, fact.example)), fact.name
        assert "\n" not in "".join(fact.what), fact.name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_example_passes_its_own_check(language: str) -> None:
    for fact in FACTS.values():
        assert wrong_with(fact, fact.example[language == "zh"], language) == "", fact.name


def test_bare_numbers_have_a_unit_and_nothing_else_has() -> None:
    assert all(bool(fact.unit) is (fact.kind is Kind.NUMBER) for fact in FACTS.values())


def test_the_settings_page_tells_of_every_fact_and_what_stands_for_it() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| (.+) \|$", PAGE, re.MULTILINE))
    assert set(rows) == set(FACTS)
    for fact in FACTS.values():
        assert rows[fact.name] == f"{instead(fact, 'en')}; {instead(fact, 'zh')}"


def test_every_token_that_is_asked_for_is_a_setting() -> None:
    assert set(TOKENS) <= variables()


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        ("PALAVER_TELEGRAM_TOKEN", "123456:ABCdefGHIjkl", ["123456", "abc:ABCdefGHIjkl", "123456:ABC defGHIjkl"]),
        ("PALAVER_SLACK_BOT_TOKEN", "xoxb-1-2-abc", ["xoxp-1-2-abc", "xapp-1", "xoxb-1\nX=1", "xoxb-1 # x"]),
        ("PALAVER_SLACK_APP_TOKEN", "xapp-1-A-2-b", ["xoxb-1-2-abc"]),
        ("PALAVER_SLACK_SIGNING_SECRET", "0123456789abcdef" * 2, ["xoxb-1-2-abc", "0123"]),
    ],
)
def test_a_token_has_its_form_and_what_is_wrong_is_said_without_it(variable: str, good: str, bad: list[str]) -> None:
    assert wrong_with_token(TOKENS[variable], good, "en") == ""
    for value in bad:
        wrong = wrong_with_token(TOKENS[variable], value, "en")
        assert wrong
        assert value not in wrong


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("return_days", ["30", "3-5"], ["thirty", "30 days", "0", "3.5", "-1"]),
        ("delivery_fee", ["£3.90", "8元", "5 EUR"], ["5", "free", "£"]),
        (
            "website",
            ["lin.example", "https://lin.example/a?b=c", "林氏.中国"],
            ["lin", "a b.example", "http://", "x@y.z/"],
        ),
        ("support_email", ["a.b@lin.example"], ["a", "a@b", "a b@lin.example"]),
        ("support_phone", ["+44 20 7946 0000", "010-5550 0100", "(555) 0100 ext 12"], ["call us", "12", "+"]),
        ("company", ["Lin & Co", "林氏"], ["a\nb", "{{website}}", "x" * 301]),
    ],
)
def test_what_can_be_checked_is_checked(name: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if wrong_with(FACTS[name], value, "en")] == []
    assert [value for value in bad if not wrong_with(FACTS[name], value, "en")] == []
