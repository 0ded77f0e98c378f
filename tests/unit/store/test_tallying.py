"""The hours say what a count of every turn says, whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal_column, select, text, update

from bot.messages import Address, Message, Receipt, Reply, State, Writing
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tallying import tallies as tallying
from bot.store.tallying.buckets import BOUNDS, GROWTH, bucket_of, percentile
from bot.store.tallying.counting import Key, Tally, count
from bot.store.tallying.reading import Span, active, counted_until, read_hours, together
from bot.store.tallying.runs import between, runs
from bot.store.tallying.tallies import Tallies
from tests.unit.store.conftest import Store

ALL = Span(0, 10**7)
YEAR = Span(int(time.time() // 3600) - 9000, int(time.time() // 3600) + 50)


async def say(store: Store, chat: str, key: str, channel: str = "web") -> None:
    await store.acceptor.accept(Message(Address(channel, "x", chat), f"{chat}:{key}", "hello", "ann", f"{chat}:{key}"))


async def answer(store: Store, reply: Reply, *, deliver: bool = True) -> None:
    """Answer what has waited longest."""
    async with store.database.begin() as connection:
        await connection.execute(update(ConversationRow).where(ConversationRow.due_at > 0).values(due_at=0))
    claim = await store.leases.claim()
    assert claim is not None
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, reply, [reply.text] if reply.text else [])
    while deliver and (intent := await store.outbox.intend(claim)):
        await store.outbox.sent(claim, intent, Receipt(str(intent.id)))
    await store.leases.release(claim)


async def long_ago(database: Database, hours: int) -> None:
    """Move everything said so far into the past."""
    async with database.begin() as connection:
        past = {"at": TurnRow.at - hours * 3600, "ended_at": TurnRow.ended_at - hours * 3600}
        await connection.execute(update(TurnRow).values(**past))


def plain(hours: Mapping[Key, Tally]) -> dict[Key, object]:
    """What was counted, without what was counted as none."""
    return {
        key: (+tally.counts, {what: +counted for what, counted in tally.times.items()}) for key, tally in hours.items()
    }


def week(hour: int) -> int:
    """In which week an hour lies where clocks are eight hours ahead: no day of UTC begins when one begins there."""
    return (hour + 8) // 168


async def check(database: Database) -> Tally:
    """The hours are what counting all turns gives; return everything together."""
    async with database.read() as connection:
        hours, counted = await read_hours(connection, ALL, int), await count(connection, 0, 10**7)
        weeks = await read_hours(connection, YEAR, week)
    assert plain(hours) == plain(counted)
    assert plain(weeks) == plain(together(counted, lambda key: (week(key[0]), *key[1:])))
    whole = together(hours, lambda _: "").get("", Tally())
    assert whole.counts["accepted"] == whole.counts["ended"] + whole.counts["open"]
    return whole


WRITING = Writing("m@1", -0.5, "end", 3, 2, 10.0, 200.0, 900.0)


async def test_a_day_in_the_shop_is_counted(store: Store) -> None:
    for chat, reply in enumerate([
        Reply("hi", "generative", version="new", writing=WRITING),
        Reply("call us", "neutral", version="new", writing=WRITING),
        Reply("sorry", "fallback", version="old"),
        Reply("commands", "scripted"),
        Reply("", "nobody", ends=State.HANDED_OVER),
        Reply("", "nobody", ends=State.IGNORED),
    ]):  # fmt: skip
        await say(store, str(chat), "1", "web" if chat < 4 else "slack")
        await answer(store, reply)
    await say(store, "0", "2")
    assert await Tallies(store.database).roll() >= 1
    whole = await check(store.database)
    expected = {"begun": 6, "accepted": 7, "ended": 6, "open": 1, "answered": 4, "handed_over": 1, "ignored": 1}
    expected |= {"written": 1, "neutral": 1, "fallback": 1, "fixed": 1}
    assert {name: number for name, number in whole.counts.items() if number} == expected
    assert percentile(whole.times["total"], 0.5) == pytest.approx(900, rel=0.05)
    assert percentile(whole.times["wait"], 0.5) == pytest.approx(10, rel=0.05)
    assert sum(whole.times["answer"].values()) == 4
    async with store.database.read() as connection:
        by_version = together(await read_hours(connection, ALL, int), lambda key: key[2])
        slack = together(await read_hours(connection, Span(0, 10**7, "slack"), int), lambda key: key[1])
        assert [await active(connection, span) for span in (ALL, Span(0, 10**7, "slack"), Span(0, 10**7, "", "new"))]\
            == [6, 2, 2]  # fmt: skip
        assert await counted_until(connection) > 1.7e9
    assert by_version["new"].counts["answered"] == 2
    assert slack.keys() == {"slack"}


async def test_an_erasure_changes_the_hours_of_long_ago(store: Store) -> None:
    tallies = Tallies(store.database)
    for key in ("1", "2"):
        await say(store, "1", key)
        await answer(store, Reply("hi", "generative", version="new", writing=WRITING))
    await long_ago(store.database, 5000)
    await tallies.roll()
    assert (await check(store.database)).counts["answered"] == 2
    async with store.database.begin() as connection:
        await erase_conversation(connection, 1)
    await Tallies(store.database).roll()
    whole = await check(store.database)
    assert (whole.counts["answered"], whole.counts["erased"], whole.counts["written"]) == (0, 2, 2)
    assert not whole.times["total"]


async def test_whatever_happens_in_whatever_order_the_hours_stay_right(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(tallying, "REST", 0.0)
    draw, tallies = random.Random(7), Tallies(store.database)
    replies = [
        Reply("hi", "generative", version="new", writing=WRITING),
        Reply("hm", "fallback", version="old"),
        Reply("", "nobody", ends=State.HANDED_OVER),
    ]
    waiting = 0
    for step in range(40):
        match draw.choice(["say", "say", "answer", "answer", "age", "erase", "roll"]):
            case "say":
                await say(store, str(draw.randint(1, 4)), str(step), draw.choice(["web", "slack"]))
                waiting += 1
            case "answer" if waiting:
                async with store.database.read() as connection:
                    opened = await connection.execute(text("SELECT count(*) FROM turns WHERE state = 'open'"))
                    waiting = opened.scalar_one()
                if waiting:
                    await answer(store, draw.choice(replies), deliver=draw.random() < 0.8)
            case "age":
                # Nothing stamps this, so it must come before the first look at what it moves.
                if not await tallies.roll():
                    await long_ago(store.database, draw.randint(1, 50))
                async with store.database.begin() as connection:
                    await connection.execute(text("DELETE FROM hours"))
                    await connection.execute(text("DELETE FROM tallied"))
            case "erase":
                async with store.database.begin() as connection:
                    await erase_conversation(connection, draw.randint(1, 4))
            case _:
                pass
        await tallies.roll()
        await check(store.database)


async def test_one_process_counts_at_a_time_and_takes_over_from_a_dead_one(store: Store) -> None:
    await say(store, "1", "1")
    both = [Tallies(store.database) for _ in range(4)]
    assert sorted(await asyncio.gather(*(one.roll() for one in both))) == [0, 0, 0, 1]
    assert await both[0]._take() is not None  # and dies
    await say(store, "2", "1")
    assert await Tallies(store.database).roll() == 0
    async with store.database.begin() as connection:
        await connection.execute(text("UPDATE tallied SET busy_until = 1"))
    assert await Tallies(store.database).roll() == 1
    assert (await check(store.database)).counts["accepted"] == 2


async def test_who_stood_still_too_long_changes_nothing_any_more(store: Store, monkeypatch) -> None:
    await say(store, "1", "1")
    slow = Tallies(store.database)
    changed = slow._changed

    async def overtaken(since: float) -> list[int]:
        found = await changed(since)
        async with store.database.begin() as connection:
            await connection.execute(text("UPDATE tallied SET busy_until = 1"))
        assert await Tallies(store.database).roll() == 1
        return found

    monkeypatch.setattr(slow, "_changed", overtaken)
    assert await slow.roll() == 0
    await check(store.database)


async def test_a_round_that_took_long_is_followed_by_a_rest(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(tallying, "REST", 10_000.0)
    await say(store, "1", "1")
    tallies = Tallies(store.database)
    assert await tallies.roll() == 1
    assert await tallies.roll() == 0


@given(st.lists(st.floats(1, 3_000_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_a_percentile_is_off_by_five_percent_at_most(times: list[float], share: float) -> None:
    counts: dict[int, int] = {}
    for one in times:
        bucket = next(place for place, bound in enumerate(BOUNDS) if one <= bound)
        counts[bucket] = counts.get(bucket, 0) + 1
    ordered = sorted(times)
    exact = ordered[max(0, -int(-share * len(times) // 1) - 1)]
    found = percentile(counts, share)
    assert found is not None
    assert exact / GROWTH**0.5 * 0.999 <= found <= exact * GROWTH**0.5 * 1.001


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile({}, 0.5) is None


async def test_the_database_sorts_times_into_the_same_buckets(database: Database) -> None:
    times = [0.0, 0.5, 1.0, 1.05, 99.0, 1234.5, 59_000.0, 10.0**9]
    async with database.read() as connection:
        sorted_ = [await connection.scalar(select(bucket_of(literal_column(repr(one))))) for one in times]
    assert sorted_ == [sum(bound < one for bound in BOUNDS) for one in times]


@given(st.sets(st.integers(0, 60)), st.integers(1, 9))
def test_numbers_are_joined_to_stretches_and_what_is_left_lies_between(numbers: set[int], most: int) -> None:
    found = list(runs(sorted(numbers)))
    short = list(runs(sorted(numbers), most))
    assert [at for begin, end in short for at in range(begin, end)] == sorted(numbers)
    assert all(end - begin <= most for begin, end in short)
    assert {at for begin, end in between((0, 61), found) for at in range(begin, end)} == set(range(61)) - numbers
