from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amounts import Kind, amounts
from bot.numerals import SMALL, of_chinese, of_english


def said(text: str) -> list[tuple[str, str]]:
    return [(amount.value, amount.kind.value) for amount in amounts(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs $3.90, 20% less.", [("3.9", "money"), ("20", "percent")]),
        ("twenty-five euros", [("25", "money")]),
        ("half price", [("0.5", "")]),
        ("Call 020 7946.", [("020", ""), ("7946", "")]),
        ("open 9:00-17:30", [("9:00", ""), ("17:30", "")]),
        ("on 2026-03-01", [("2026", ""), ("03", ""), ("01", "")]),
        ("1,000 and 1000", [("1000", ""), ("1000", "")]),
        ("within two days", [("2", "day")]),
        ("one percent, two dollars", [("1", "percent"), ("2", "money")]),
        ("three in the morning, at noon", [("3", ""), ("12:00", "")]),
        ("a dozen", [("12", "")]),
        ("within a week, in an hour, up to a month", [("1", "week"), ("1", "hour"), ("1", "month")]),
        ("the fifteenth, a tenth of it", [("15", ""), ("10", "")]),
        ("１２天", [("12", "day")]),
        ("八折，百分之二十", [("8", "percent"), ("20", "percent")]),
        ("十五块钱，三天内到", [("15", "money"), ("3", "day")]),
        ("一天内退款", [("1", "day")]),
        ("两三天", [("2-3", "day")]),
        ("下午两点，一号", [("2", ""), ("1", "")]),
        ("打一二三一五", [("12315", "")]),
        ("半价", [("0.5", "")]),
        ("十分钟", [("10", "minute")]),
    ],
)
def test_prices_shares_numbers_dates_and_times_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert said(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Two ways: one by card, one or two others, a few, a couple, first, second, third, once, half of it.",
        "Have a nice day. Once a year. A week later. In a moment, in a minute.",
        "One moment, someone will be with you in two minutes.",
        "1. Open it. 2. Choose an item.\n3) Send it.",
        "①打开②选择③提交",
        "一般两个都行，一起一下，千万别，万一，十分抱歉，第一步，第三次，这两天，有一天，几天",
        "周三到周五，星期六，礼拜一",
        "二维码，零件，零钱，五金店，三明治",
        "Somebody is online, anyone; often done alone, height and weight",
    ],
)
def test_the_harmless_ones_are_left_out(text: str) -> None:
    harmless = said(text)
    assert harmless in ([], [("2", "")]) if "二维码" in text else harmless == []


def test_marks_of_a_list_count_from_one_and_only_in_order() -> None:
    assert said("3. Open it.") == [("3", "")]
    assert said("1. Open it. 3. Choose.") == [("3", "")]
    assert said("Pay 2. Then go.") == [("2", "")]


@given(
    st.integers(0, 10**7), st.sampled_from(["", "$", "￥"]), st.sampled_from(["", "%", " days", "天", " euros", "号"])
)
def test_no_number_in_digits_is_overlooked(number: int, before: str, after: str) -> None:
    (found,) = amounts(f"Now {before}{number:,}{after} and more")
    assert found.value == str(number)
    assert found.kind is not Kind.PLAIN or not before


@given(st.text(st.characters(categories=["Nd"]), min_size=1, max_size=9), st.text(st.characters(categories=["L", "Z"])))
def test_digits_of_all_scripts_are_numbers(digits: str, around: str) -> None:
    assert amounts(f"{around} {digits} {around}")


@pytest.mark.parametrize(
    ("number", "word"),
    [
        *enumerate(SMALL),
        *((21, "twenty-one"), (310, "three hundred and ten"), (100, "hundreds"), (24, "two dozen")),
        *((2500, "two thousand five hundred"), (2_000_045, "Two million and forty-five")),
    ],
)
def test_english_words_are_read(number: int, word: str) -> None:
    assert of_english(word) == str(number)
    (found,) = amounts(f"It says {word} there", harmless=True)
    assert found.value == str(number)


def in_chinese(number: int) -> str:
    """The textbook way of writing a number below ten thousand."""
    text, gap = "", False
    for scale, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure = number // scale % 10
        if figure:
            text += ("零" if gap else "") + "零一二三四五六七八九"[figure] + sign
        gap = bool(text) and not figure
    return text


@given(st.integers(20, 9999))
def test_chinese_numbers_are_read(number: int) -> None:
    assert of_chinese(in_chinese(number)) == str(number)
    assert any(amount.value == str(number) for amount in amounts(f"一共{in_chinese(number)}件"))


@given(st.text())
def test_any_text_can_be_searched_and_places_are_in_it(text: str) -> None:
    for amount in amounts(text, harmless=True):
        assert 0 <= amount.start < amount.end <= len(text)


@pytest.mark.parametrize("piece", ["零", "一", "\n", "1. ", "1,", "two ", "hundred ", "周", "三明", "$ ", "第", "9"])
def test_a_long_message_takes_no_longer_than_its_length(piece: str) -> None:
    text = piece * (4000 // len(piece))
    started = time.process_time()
    amounts(text, harmless=True)
    assert time.process_time() - started < 0.5
