from __future__ import annotations

import json
import lzma
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlg import folders
from nlg.contract import Line, Role
from nlg.data.acts import PLACEHOLDER, Act, delexicalise, linearise
from nlg.data.examples import Example
from nlg.data.languages import signs
from nlg.errors import DataError
from nlg.robustness import wear, wearing
from nlg.robustness.wear import case_and_marks, empty, long, mixed, noise, other_language, sgd_x, typos
from nlg.robustness.wearing import Way

NOWHERE = Path("nowhere")
WAYS = {way.name: way for plugin in folders.plugins(wear).values() for way in plugin.ways(NOWHERE)}
EDGE = ["", " ", "ok", "{{order_page}}", "我的快递在哪里？", "Where is my order?", "👍"]
TEXTS = st.text(max_size=60) | st.sampled_from(EDGE)
LANGUAGES = st.sampled_from(["en", "zh", ""])


def example(text: str, language: str = "en", *replies: str) -> Example:
    before = (Line(Role.USER, "Hello"), Line(Role.ASSISTANT, "Hi, {{company}} here."))
    return Example((*before, Line(Role.USER, text)), language, "orders/track", replies or ("Please look.",))


def names(text: str) -> list[str]:
    return PLACEHOLDER.findall(text)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS, language=LANGUAGES, seed=st.integers(0, 9))
def test_the_same_seed_wears_alike_and_leaves_the_rest(name: str, text: str, language: str, seed: int) -> None:
    way, before = WAYS[name], example(text, language)
    one, two = (wearing.worn([before], way, seed) for _ in range(2))
    assert one == two
    assert (one[0].language, one[0].domain) == (before.language, before.domain)
    assert one[0].replies == (() if way.empties else before.replies)
    assert one[0].lines[-1].role is Role.USER


def test_what_else_is_worn_does_not_matter() -> None:
    some = [example(f"Where is my order number {at}?") for at in range(5)]
    for way in WAYS.values():
        assert wearing.worn(some, way, 3)[:2] == wearing.worn(some[:2], way, 3)


def test_another_seed_wears_otherwise() -> None:
    some = [example("Where is my order, please? I have been waiting for it since yesterday.")]
    assert all(len({wearing.worn(some, way, seed)[0] for seed in range(9)}) > 1 for way in WAYS.values())


@given(
    st.lists(st.sampled_from(["Where", "parcel", "{{order_page}}", "退款", "a", "see", "my@mail.example"]), min_size=1)
)
def test_typos_spare_placeholders_and_addresses(words: list[str]) -> None:
    text = " ".join(words)
    slipped = typos.slipped(text, random.Random(1))
    assert names(slipped) == names(text)
    assert slipped.count("my@mail.example") == text.count("my@mail.example")


@given(st.integers(0, 200))
def test_there_is_a_slip_where_one_can_be(seed: int) -> None:
    for text in ("where", "退款", "see"):
        assert (typos.slipped(text, random.Random(seed)) != text) is (text != "see")


def test_wrong_characters_sound_alike_and_are_others() -> None:
    assert all(sign not in others and others for sign, others in typos.ALIKE.items())


@given(TEXTS, st.integers(0, 9))
def test_case_and_marks_change_letters_and_leave_facts(text: str, seed: int) -> None:
    worn = case_and_marks.wear(example(text), random.Random(seed)).lines[-1].text
    assert names(worn) == names(text)
    assert worn.strip() or not text.strip()


def test_each_change_of_case_and_marks_does_what_it_says() -> None:
    assert case_and_marks.unmarked("Where's it, then?") == "Where s it then"
    assert case_and_marks.joined("where is it") == "whereisit"
    assert case_and_marks.spread("我要退货") == "我 要 退 货"


@given(LANGUAGES, st.integers(0, 30))
def test_noise_adds_and_takes_nothing_away(language: str, seed: int) -> None:
    for text in ("Where is my order", "我的快递到哪了", "{{order_page}}"):
        worn = noise.wear(example(text, language), random.Random(seed)).lines[-1].text
        left = iter(worn)
        assert len(worn) > len(text)
        assert all(sign in left for sign in text)
        assert names(worn) == names(text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_long_question_ends_as_it_stood(language: str) -> None:
    end = {"en": "the end", "zh": "好的"}[language]
    worn = long.wear(example(end, language), random.Random(0)).lines[-1].text
    assert worn.endswith(f" {end}")
    assert len(worn) > long.SHORTEST[language]
    assert signs(worn).language == language


def test_nothing_to_answer_holds_no_words() -> None:
    assert all(signs(text).total == 0 for text in empty.NOTHING if text != "\\n")
    assert len(set(empty.NOTHING)) == len(empty.NOTHING)


def test_there_are_sixty_lines_of_other_languages() -> None:
    assert len(set(other_language.LINES)) == 60
    assert sum(signs(line).language == "other" for line in other_language.LINES) == 15
    worn = other_language.wear(example("Where?"), random.Random(0))
    assert len(worn.lines) == 1


def test_mixed_questions_have_both_languages() -> None:
    for text, language in (("Where is my order?", "en"), ("我的订单在哪里？", "zh")):
        found = signs(mixed.wear(example(text, language), random.Random(0)).lines[-1].text)
        assert found.han > 1
        assert found.latin > 1
    assert "订单" in mixed.wear(example("My ORDER?"), random.Random(0)).lines[-1].text


def of_acts(acts: Sequence[Act], reply: str) -> Example:
    return Example((Line(Role.USER, linearise(acts)),), "", "Hotels_4", (delexicalise(reply, acts).text,))


def test_slots_are_renamed_in_acts_and_wordings_stay() -> None:
    acts = [
        Act("OFFER", "city", ("Rome", "Oslo")),
        Act("INFORM", "pets", ("True",)),
        Act("REQUEST", "date"),
        Act("BYE"),
    ]
    before = of_acts(acts, "Rome or Oslo? Pets are welcome. When?")
    worn = sgd_x.renamed(before, {"city": "town", "date": "day", "pets": "city"})
    assert worn.lines[-1].text == "OFFER town={{v1}}, {{v2}} | INFORM city=True | REQUEST day | BYE"
    assert worn.replies == ("{{v1}} or {{v2}}? Pets are welcome. When?",)


def test_slots_can_trade_names() -> None:
    before = of_acts([Act("INFORM", "a", ("one",)), Act("INFORM", "b", ("two",))], "one, two")
    worn = sgd_x.renamed(before, {"a": "b", "b": "a"})
    assert worn.lines[-1].text == "INFORM b={{v1}} | INFORM a={{v2}}"
    assert worn.replies == ("{{v1}}, {{v2}}",)


SLOTS = st.sampled_from(["city", "city_name", "date", "pets"])
VALUES = st.sampled_from(["Rome", "2 | 3", "True", "a b c", "x=y"])
ACTS = st.lists(st.builds(Act, st.sampled_from(["OFFER", "INFORM"]), SLOTS, st.tuples(VALUES)), min_size=1, max_size=5)


@given(ACTS)
def test_names_back_and_forth_change_nothing(acts: list[Act]) -> None:
    there = {name: f"new_{name}" for name in ("city", "city_name", "date", "pets")}
    before = of_acts(acts, " ".join(act.values[0] for act in acts))
    worn = sgd_x.renamed(before, there)
    assert sgd_x.renamed(worn, {new: old for old, new in there.items()}) == before
    assert names(worn.lines[-1].text) == names(before.lines[-1].text)
    assert all(f" new_{act.slot}=" in worn.lines[-1].text for act in acts)


def schemas(folder: Path, told: Mapping[str, object]) -> Path:
    (folder / sgd_x.FILE).write_bytes(lzma.compress(json.dumps(told).encode()))
    return folder


def test_each_schema_is_a_way(tmp_path: Path) -> None:
    services = {"Hotels_4": {"service": "Hotels_41", "slots": {"city": "town"}}}
    ways: Sequence[Way] = sgd_x.ways(schemas(tmp_path, {"v1": {"test": services}, "v2": {"train": {}}}))
    assert [(way.name, way.acts) for way in ways] == [("sgd_x v1", True), ("sgd_x v2", True)]
    before = of_acts([Act("CONFIRM", "city", ("Rome",))], "Rome?")
    assert ways[0].wear(before, random.Random(0)).lines[-1].text == "CONFIRM town={{v1}}"
    assert ways[1].wear(before, random.Random(0)) == before


def test_without_schemas_there_is_no_way_and_broken_ones_are_told(tmp_path: Path) -> None:
    assert sgd_x.ways(tmp_path) == ()
    with pytest.raises(DataError, match="Fetch it again"):
        sgd_x.ways(schemas(tmp_path, {"v1": {"test": {"Hotels_4": {}}}}))
