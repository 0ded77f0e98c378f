"""What a bot makes of replies that may be lost, repeated, late or from two workers at once."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writers.celery.answer import Answer
from nlg.contract import Busy, Draft, Finish, Late, Unreachable, WritingError
from nlg.serving.wire import LEAVING, Kind, Reply

TEXT = "where is my order 你好"


def chunk(at: int, text: str, run: int = 1) -> Reply:
    return Reply(Kind.CHUNK, "p", run, at, text)


def draft(text: str = TEXT, run: int = 1) -> Reply:
    return Reply(Kind.DRAFT, "p", run, draft=Draft("p", text, -0.1, "m@1", Finish.END))


def error(reason: str, run: int = 1) -> Reply:
    return Reply(Kind.ERROR, "p", run, reason=reason)


async def test_chunks_are_shown_in_order_and_the_draft_ends_it() -> None:
    shown: list[str] = []
    answer = Answer(shown.append)
    for reply in (chunk(0, "where "), chunk(6, "is my"), draft()):
        answer.take(reply)
    assert shown == ["where ", "is my"]
    assert answer.end.result().text == TEXT


async def test_a_repeated_chunk_is_shown_once() -> None:
    shown: list[str] = []
    answer = Answer(shown.append)
    for reply in (chunk(0, "where "), chunk(0, "where "), chunk(0, "where is")):
        answer.take(reply)
    assert shown == ["where ", "is"]


async def test_after_a_lost_chunk_nothing_wrong_is_shown() -> None:
    shown: list[str] = []
    answer = Answer(shown.append)
    for reply in (chunk(0, "where "), chunk(8, " my"), chunk(6, "is")):
        answer.take(reply)
    assert shown == ["where "]


async def test_a_second_run_continues_what_the_first_began() -> None:
    shown: list[str] = []
    answer = Answer(shown.append)
    for reply in (chunk(0, "where is"), chunk(0, "where", run=2), chunk(5, " is my", run=2)):
        answer.take(reply)
    assert "".join(shown) == "where is my"


async def test_a_second_run_that_says_something_else_is_not_mixed_in() -> None:
    shown: list[str] = []
    answer = Answer(shown.append)
    for reply in (chunk(0, "where is"), chunk(0, "Your ord", run=2), chunk(8, "er", run=2), draft("Your order", run=2)):
        answer.take(reply)
    assert shown == ["where is"]
    assert answer.end.result().text == "Your order"


@given(st.data())
def test_whatever_is_lost_repeated_or_swapped_the_shown_text_begins_the_true_one(data: st.DataObject) -> None:
    cuts = sorted({0, len(TEXT), *data.draw(st.lists(st.integers(0, len(TEXT))))})
    runs = [chunk(a, TEXT[a:b], run) for run in (1, 2) for a, b in itertools.pairwise(cuts)]
    arriving = data.draw(st.lists(st.sampled_from(runs), max_size=40))

    async def play() -> str:
        shown: list[str] = []
        answer = Answer(shown.append)
        for reply in arriving:
            answer.take(reply)
        answer.close()
        return "".join(shown)

    assert TEXT.startswith(asyncio.run(play()))


@pytest.mark.parametrize(
    ("reason", "kind"), [("busy", Busy), ("late", Late), (LEAVING, Unreachable), ("failed", WritingError)]
)
async def test_the_last_run_ends_with_the_reason_of_the_worker(reason: str, kind: type[Exception]) -> None:
    answer = Answer(print)
    answer.run = 2
    answer.take(error(reason, run=2))
    with pytest.raises(kind):
        await answer.end


async def test_a_busy_worker_ends_it_at_once() -> None:
    answer = Answer(print)
    answer.take(error("busy"))
    with pytest.raises(Busy):
        await answer.end


@pytest.mark.parametrize("reason", ["late", LEAVING])
async def test_a_worker_that_cannot_is_a_reason_to_ask_another(reason: str) -> None:
    answer = Answer(print)
    answer.take(error(reason))
    assert await answer.heard_nothing(60.0)
    assert answer.turned_away == reason


async def test_an_error_of_the_first_run_does_not_end_the_second() -> None:
    answer = Answer(print)
    answer.run = 2
    answer.take(error("failed", run=1))
    assert not answer.end.done()
    answer.take(draft(run=1))
    assert answer.end.result().text == TEXT


async def test_silence_is_noticed_and_chunks_break_it() -> None:
    answer = Answer(lambda _: None)
    assert await answer.heard_nothing(0.01)
    listening = asyncio.create_task(answer.heard_nothing(60.0))
    answer.take(chunk(0, "where"))
    await asyncio.sleep(0)
    assert not listening.done()
    answer.take(draft())
    assert not await listening


async def test_a_cut_keeps_what_was_shown_and_comes_too_late_after_the_draft() -> None:
    answer = Answer(lambda _: None)
    answer.take(chunk(0, "where"))
    answer.cut()
    answer.cut()
    answer.take(draft())
    assert answer.end.result() == Draft("", "where", 0.0, "", Finish.STOPPED)


async def test_what_a_broker_may_have_lost_is_asked_again_under_its_number() -> None:
    answer = Answer(lambda _: None)
    answer.doubt()
    assert not await asyncio.wait_for(_nothing(answer, 0.01, then=draft()), 1), "nobody knew of it yet"
    answer = Answer(lambda _: None)
    answer.asked = True
    waiting = asyncio.create_task(answer.heard_nothing(5.0))
    await asyncio.sleep(0)
    answer.doubt()
    assert await asyncio.wait_for(waiting, 1)
    assert (answer.begin_again(), answer.run) == (True, 1)


async def _nothing(answer: Answer, seconds: float, then: Reply) -> bool:
    waiting = asyncio.create_task(answer.heard_nothing(seconds * 100))
    await asyncio.sleep(seconds)
    answer.take(then)
    return await waiting


async def test_silence_is_asked_once_more_and_then_borne() -> None:
    answer = Answer(lambda _: None)
    answer.asked = True
    assert [answer.begin_again() for _ in range(3)] == [True, False, False]
    assert answer.run == 2
    answer.take(error(Busy.reason, run=2))
    with pytest.raises(Busy):
        answer.end.result()


async def test_a_broker_that_comes_and_goes_is_asked_each_time() -> None:
    answer = Answer(lambda _: None)
    answer.asked = True
    for _ in range(3):
        answer.doubt()
        assert (answer.begin_again(), answer.run) == (True, 1)
