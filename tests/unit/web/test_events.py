from __future__ import annotations

import asyncio

import pytest

from bot.messages import Address, Sign
from connectors.web import events
from connectors.web.events import MOST_OF_ONE, STALE, Full, Hub

HERE, THERE = Address("web", "local", "here"), Address("web", "local", "there")


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def hub(clock):
    return Hub(clock)


def test_only_the_pages_of_the_conversation_hear_of_it(hub):
    with hub.listen(HERE) as mine, hub.listen(THERE) as other:
        hub.show(HERE, Sign("so far"))
        hub.sent(HERE)
        assert (mine.take(), mine.called(), mine.hurried) == (Sign("so far"), True, True)
        assert (other.take(), other.called(), other.hurried) == (None, False, False)


def test_a_slow_page_gets_the_newest_sign_once(hub):
    with hub.listen(HERE) as mine:
        for text in ("a", "ab", "abc"):
            hub.show(HERE, Sign(text))
        assert [mine.take(), mine.take()] == [Sign("abc"), None]


def test_a_message_is_looked_for_once_and_a_reply_until_it_is_seen(hub, clock):
    with hub.listen(HERE) as mine:
        hub.stored(HERE)
        assert (mine.called(), mine.called(), mine.hurried) == (True, False, False)
        hub.sent(HERE)
        assert (mine.called(), mine.hurried) == (True, True)
        mine.seen()
        assert not mine.hurried
        hub.sent(HERE)
        clock.now += events.HURRY
        assert not mine.hurried


def test_signs_from_before_a_reply_are_void(hub):
    with hub.listen(HERE) as mine:
        hub.show(HERE, Sign("nearly"))
        mine.seen()
        assert mine.take() is None


async def test_waiting_ends_with_news_or_in_time(hub):
    with hub.listen(HERE) as mine:
        await mine.wait(0.0)
        waiting = asyncio.create_task(mine.wait(60))
        await asyncio.sleep(0)
        hub.stored(HERE)
        await asyncio.wait_for(waiting, 5)
        await mine.wait(0.001)


def test_the_newest_page_gets_in_and_the_oldest_gives_way(hub):
    first, *others = opened = [hub.listen(HERE) for _ in range(MOST_OF_ONE)]
    listeners = [one.__enter__() for one in opened]
    with hub.listen(HERE) as newest, hub.listen(THERE) as other:
        assert [listener.replaced for listener in listeners] == [True] + [False] * len(others)
        assert [newest.over, other.over] == [False, False]
        assert listeners[0].over
        for one in (first, *others):
            one.__exit__(None, None, None)
    assert hub.open == 0


def test_a_full_process_takes_no_more(hub, monkeypatch):
    monkeypatch.setattr(events, "MOST_OF_ALL", 1)
    with hub.listen(HERE), pytest.raises(Full), hub.listen(THERE):
        pass
    with hub.listen(THERE):
        assert hub.open == 1


def test_when_the_process_stops_idle_pages_go_and_no_new_ones_come(hub):
    with hub.listen(HERE) as mine:
        hub.close()
        assert mine.over
        assert not mine.replaced
        with pytest.raises(Full), hub.listen(THERE):
            pass


def test_a_page_that_is_being_written_to_stays_until_its_reply_came(hub, clock):
    with hub.listen(HERE) as mine, hub.listen(THERE) as forgotten:
        hub.show(HERE, Sign("so"))
        hub.show(THERE, Sign("so"))
        hub.close()
        assert not mine.over
        hub.sent(HERE)
        assert not mine.over
        mine.seen()
        assert mine.over
        assert not forgotten.over
        clock.now += STALE + 0.1
        assert forgotten.over


def test_a_page_that_opens_while_a_reply_is_written_sees_that(hub, clock):
    hub.show(HERE, Sign("so far"))
    with hub.listen(HERE) as mine, hub.listen(THERE) as other:
        assert (mine.take(), other.take()) == (Sign("so far"), None)
    hub.sent(HERE)
    with hub.listen(HERE) as mine:
        assert mine.take() is None
    hub.show(HERE, Sign("never sent"))
    clock.now += STALE
    with hub.listen(HERE) as mine:
        assert mine.take() is None


def test_signs_that_no_reply_followed_are_forgotten(hub, clock):
    for number in range(100):
        hub.show(Address("web", "local", str(number)), Sign("x"))
        clock.now += 1
    hub.show(Address("web", "local", "0"), Sign("again"))
    assert len(hub._signs) == STALE


def test_nothing_is_kept_of_pages_that_went(hub):
    for number in range(100):
        with hub.listen(Address("web", "local", str(number))):
            pass
        hub.show(Address("web", "local", str(number)), Sign("x"))
        hub.sent(Address("web", "local", str(number)))
    assert hub.open == 0
    assert not hub._listeners
    assert not hub._signs
