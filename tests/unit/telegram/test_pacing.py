"""Pauses grow, stay below their limit, and obey Telegram."""

from __future__ import annotations

import pytest
from telegram.error import InvalidToken, NetworkError, RetryAfter

from bot.errors import StoreDown
from connectors.telegram.pacing import Pace, persist

ODD = ValueError("odd")


@pytest.mark.parametrize(
    ("error", "failures", "least", "most"),
    [
        (NetworkError("x"), 0, 0.1, 1.0),
        (NetworkError("x"), 3, 0.8, 8.0),
        (NetworkError("x"), 10_000, 6.0, 60.0),
        (ODD, 10_000, 6.0, 60.0),
        (StoreDown("x"), 10_000, 0.5, 5.0),
        (InvalidToken("x"), 0, 60.0, 60.0),
    ],
)
def test_a_pause_lies_between_these(error: Exception, failures: int, least: float, most: float) -> None:
    pauses = [Pace().pause(error, failures) for _ in range(200)]
    assert least <= min(pauses) <= max(pauses) <= most


def test_telegram_is_left_alone_as_long_as_it_asks() -> None:
    assert 30.0 <= Pace().pause(RetryAfter(30), 5) <= 31.0


def test_pauses_differ_so_that_retries_do_not_march_in_step() -> None:
    assert len({Pace().pause(ODD, 3) for _ in range(50)}) > 40


def test_seconds_are_read_whatever_type_the_library_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RetryAfter(30)
    monkeypatch.setattr(RetryAfter, "retry_after", 30)
    assert 30.0 <= Pace().pause(error, 0) <= 31.0


async def test_only_answers_that_will_not_change_end_the_trying() -> None:
    answers: list[object] = [NetworkError("x"), ODD, RetryAfter(0), "done", InvalidToken("x")]

    async def call() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    quick = Pace(first=0.001)
    assert await persist(call, quick) == "done"
    with pytest.raises(InvalidToken):
        await persist(call, quick)
