from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlg.data.acts import (
    Act,
    Coverage,
    coverage,
    delexicalise,
    fillers,
    linearise,
    relexicalise,
    slot_error_rate,
)

BOOK = [
    Act("CONFIRM", "restaurant", ("Sino",)),
    Act("CONFIRM", "city", ("San Jose",)),
    Act("CONFIRM", "time", ("11:30 am",)),
    Act("CONFIRM", "seats", ("2",)),
    Act("INFORM", "vegetarian", ("True",)),
    Act("REQUEST", "date"),
    Act("GOODBYE"),
]


def test_acts_become_a_line_without_their_values() -> None:
    assert linearise(BOOK) == (
        "CONFIRM restaurant={{v1}} | CONFIRM city={{v2}} | CONFIRM time={{v3}} | CONFIRM seats={{v4}}"
        " | INFORM vegetarian=True | REQUEST date | GOODBYE"
    )


def test_values_become_placeholders_and_come_back() -> None:
    text = "Sino in San Jose, 2 seats at 11:30 AM, sir."
    made = delexicalise(text, BOOK)
    assert made.text == "{{v1}} in {{v2}}, {{v4}} seats at {{v3}}, sir."
    assert relexicalise(made.text, made.surfaces) == text
    assert relexicalise(made.text, fillers(BOOK)) == "Sino in San Jose, 2 seats at 11:30 am, sir."


@pytest.mark.parametrize(
    "text", ["12 of us", "at 2:30", "2.5 stars", "1,2", "room 2b", "x2", "12:2", "£3.2", "1,234.2"]
)
def test_a_number_within_another_is_left_alone(text: str) -> None:
    assert delexicalise(text, [Act("A", "seats", ("2",))]).text == text


@pytest.mark.parametrize("text", ["2.", "(2)", "2, please", "共2位", "for 2: yes", "$2"])
def test_a_number_of_its_own_is_found(text: str) -> None:
    assert delexicalise(text, [Act("A", "seats", ("2",))]).text == text.replace("2", "{{v1}}")


def test_chinese_values_need_no_blanks_around_them() -> None:
    acts = [Act("确认", "城市", ("北京",)), Act("确认", "日期", ("明天",))]
    assert delexicalise("好的，明天到北京。", acts).text == "好的，{{v2}}到{{v1}}。"


def test_the_longer_value_has_the_first_choice() -> None:
    acts = [Act("OFFER", "name", ("San",)), Act("OFFER", "city", ("San Jose",))]
    assert delexicalise("San in San Jose", acts).text == "{{v1}} in {{v2}}"


def test_a_value_of_two_slots_takes_their_placeholders_in_turn() -> None:
    acts = [Act("OFFER", "rooms", ("2",)), Act("OFFER", "baths", ("2",))]
    assert delexicalise("2 rooms and 2 baths", acts).text == "{{v1}} rooms and {{v2}} baths"


def test_each_value_of_a_slot_has_a_number_and_the_same_value_has_one() -> None:
    acts = [Act("REQUEST", "day", ("Monday", "Friday")), Act("OFFER", "day", ("Monday",)), Act("A", "day_2", ("x",))]
    assert fillers(acts) == {"v1": "Monday", "v2": "Friday", "v3": "x"}
    assert linearise(acts) == "REQUEST day={{v1}}, {{v2}} | OFFER day={{v1}} | A day_2={{v3}}"


def test_a_placeholder_that_stands_in_the_text_already_is_not_used() -> None:
    made = delexicalise("{{v1}} or 2", [Act("A", "seats", ("2",))])
    assert made.text == "{{v1}} or 2"


def test_strange_placeholders_stay_when_values_are_put_in() -> None:
    assert relexicalise("{{a}} {{b}} {c}", {"a": "{{b}}"}) == "{{b}} {{b}} {c}"


@pytest.mark.parametrize(
    ("text", "missing", "superfluous"),
    [
        ("{{v1}} {{v2}} {{v3}} {{v4}}", 0, 0),
        ("{{v1}} {{v2}} {{v3}}", 1, 0),
        ("{{v1}} {{v2}} {{v3}} {{v4}} {{v4}}", 0, 1),
        ("{{v1}} {{price}}", 3, 1),
        ("", 4, 0),
    ],
)
def test_coverage_counts_what_is_missing_and_what_is_too_much(text: str, missing: int, superfluous: int) -> None:
    assert coverage(text, BOOK) == Coverage(4, missing, superfluous)


def test_the_slot_error_rate_is_over_all_slots_that_were_wanted() -> None:
    assert slot_error_rate([Coverage(4, 1, 0), Coverage(0, 0, 1), Coverage(4, 0, 0)]) == 0.25
    assert slot_error_rate([]) == 0


NAMES = st.text(string.ascii_letters + "_ -城", min_size=1, max_size=5)
VALUES = st.text(st.sampled_from("aAbB12 .,:{}_城İßΣ"), max_size=5)
ACTS = st.lists(st.builds(Act, st.just("A"), NAMES, st.lists(VALUES, max_size=3).map(tuple)), max_size=4)
PIECES = st.text(st.sampled_from("aAbB12 .,:{}_城İßΣ"), max_size=12)


@given(ACTS, st.lists(PIECES, max_size=4), st.randoms())
def test_any_text_comes_back_exactly(acts: list[Act], pieces: list[str], chance) -> None:  # type: ignore[no-untyped-def]
    values = [value for act in acts for value in act.values]
    text = "".join(chance.choice([piece, *values]) if values else piece for piece in pieces)
    made = delexicalise(text, acts)
    assert relexicalise(made.text, made.surfaces) == text


@given(ACTS)
def test_a_text_of_all_values_is_covered_and_comes_back_with_the_values_of_the_acts(acts: list[Act]) -> None:
    wanted = fillers(acts)
    assume(all("{" not in value and "}" not in value for value in wanted.values()))
    assume(len({value.lower() for value in wanted.values()}) == len(wanted))
    text = " | ".join(wanted.values())
    assume(all(text.lower().count(value.lower()) == 1 for value in wanted.values()))
    made = delexicalise(text, acts)
    assert coverage(made.text, acts) == Coverage(len(wanted), 0, 0)
    assert relexicalise(made.text, wanted) == text


@given(ACTS)
def test_the_line_of_acts_names_each_placeholder(acts: list[Act]) -> None:
    line = linearise(acts)
    assert all(f"{{{{{name}}}}}" in line for name in fillers(acts))
