from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Speaker, Turn
from bot.remembering import estimate, fitting, of_session
from nlg.contract import Line, Role

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def turn(number: int, hours: float) -> Turn:
    return Turn(number, number, Speaker.USER, f"t{number}", NOON + timedelta(hours=hours))


def test_a_long_silence_ends_a_session() -> None:
    past = [turn(1, 0), turn(2, 1), turn(3, 30), turn(4, 31)]
    assert [one.id for one in of_session(past, [turn(5, 32)], 24)] == [3, 4]
    assert [one.id for one in of_session(past, [turn(5, 32)], 48)] == [1, 2, 3, 4]
    assert [one.id for one in of_session(past, [turn(5, 32)], 0)] == [1, 2, 3, 4]
    assert of_session(past, [turn(5, 90)], 24) == ()
    assert of_session([], [turn(5, 90)], 24) == ()


LINES = st.lists(st.builds(Line, st.sampled_from(Role), st.text(max_size=60)), max_size=12)


@given(LINES, st.integers(1, 60))
def test_the_newest_whole_lines_that_fit_are_told(lines: list[Line], tokens: int) -> None:
    kept = fitting(lines, tokens)
    assert list(kept) == lines[len(lines) - len(kept) :]
    assert bool(kept) == bool(lines)
    assert len(kept) <= 1 or sum(estimate(line.text) for line in kept) <= tokens
    if len(kept) < len(lines):
        assert sum(estimate(line.text) for line in lines[len(lines) - len(kept) - 1 :]) > tokens


def test_without_a_limit_all_is_told() -> None:
    lines = [Line(Role.USER, "x" * 1000)] * 9
    assert fitting(lines, 0) == tuple(lines)


def test_a_chinese_character_counts_as_much_as_an_english_word() -> None:
    assert estimate("退货") == 3
    assert estimate("return") == 3
