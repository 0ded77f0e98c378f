from __future__ import annotations

import asyncio
import json
import random
import socket
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Sign, Speaker
from connectors.web import events as hub_limits
from connectors.web.stream import event
from tests.rig.site import QUICK, site


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def pages(here):
    return here.web._hub.open


async def test_a_reply_is_seen_with_its_drafts_before_it(page, here):
    async with page.events() as events:
        await page.say("Where is my order?")
        name, turn, number = await events.next()
        assert (name, turn["text"], number) == ("turn", "Where is my order?", "1")
        await here.answer("It is on its way.", ("", "It is", "It is on its"))
        seen = []
        while not seen or seen[-1][0] != "turn":
            seen.append((await events.next())[:2])
        drafts = [data["text"] for name, data in seen[:-1] if name == "draft"]
        assert drafts == sorted(drafts, key=len)
        assert {"", "It is"} & set(drafts)
        assert seen[-1][1]["text"] == "It is on its way."


async def test_a_message_of_another_window_is_seen_at_once(page, open_page, here):
    other = open_page()
    other.client.cookies = page.client.cookies
    async with other.events() as events:
        await page.say("from here")
        assert await events.turns(1) == ["from here"]


async def test_a_reply_of_another_process_is_seen_without_being_told(page, here):
    async with page.events() as events:
        await page.say("hi")
        assert await events.turns(1) == ["hi"]
        here.talk.say(here.talk.address, "from another process")
        assert await events.turns(1) == ["from another process"]


async def test_a_reply_whose_commit_comes_after_the_sending_is_seen_soon(open_page):
    """The usual order: the hub is told first, the transcript holds the reply a little later."""
    slow = type(QUICK)(look=60.0, hurry=0.01)
    async with site(pace=slow) as here, httpx.AsyncClient() as _:
        page = await open_page(here.url).begin()
        async with page.events() as events:
            await page.say("hi")
            assert await events.turns(1) == ["hi"]
            await here.answer("soon")
            async with asyncio.timeout(5):
                assert await events.turns(1) == ["soon"]


async def test_whoever_comes_back_goes_on_after_the_last_turn(page, here):
    """Cut the line at random places: every turn is seen exactly once, in order."""
    await page.say("begin")
    said = ["begin"]
    chance = random.Random(7)
    seen, last = [], 0
    while len(seen) < 60:
        async with page.events(last) as events:
            for _ in range(chance.randrange(4)):
                if chance.random() < 0.7 or len(said) == len(seen):
                    here.talk.say(here.talk.address, f"turn {len(said)}")
                    said.append(f"turn {len(said)}")
                _, turn, number = await events.next("turn")
                seen.append(turn["text"])
                last = int(number)
        here.talk.say(here.talk.address, f"turn {len(said)}")
        said.append(f"turn {len(said)}")
    assert seen == said[: len(seen)]


async def test_the_header_of_the_browser_goes_before_the_address_it_first_opened(page, here):
    await page.say("one")
    here.talk.say(here.talk.address, "two")
    here.talk.say(here.talk.address, "three")
    headers = {"Last-Event-ID": "2"}
    async with page.client.stream("GET", "/chat/events?after=1", headers=headers) as answer:
        assert "id: 3" in await anext(line async for line in answer.aiter_lines() if line.startswith("id:"))
    async with page.client.stream("GET", "/chat/events?after=1") as answer:
        assert "id: 2" in await anext(line async for line in answer.aiter_lines() if line.startswith("id:"))


@pytest.mark.parametrize("seen", ["x", "-1", "1.5", "1 2", "9" * 16, "٣"])
async def test_a_number_that_we_never_gave_is_refused(page, seen):
    answer = await page.client.get("/chat/events", params={"after": seen})
    assert answer.status_code == 400


async def test_while_the_database_is_away_the_stream_stays_and_loses_nothing(page, here):
    async with page.events() as events:
        await page.say("hi")
        assert await events.turns(1) == ["hi"]
        here.talk.down = True
        await here.answer("held back")
        await events.next("beat")
        here.talk.down = False
        assert await events.turns(1) == ["held back"]


async def test_a_quiet_stream_says_that_it_is_open(page):
    async with page.events() as events:
        for _ in range(3):
            assert (await events.next("beat"))[2] == ""


async def test_a_page_that_goes_is_freed(page, here):
    async with page.events() as events:
        await events.next("beat")
        assert pages(here) == 1
    await until(lambda: pages(here) == 0)


async def test_a_page_that_does_not_read_is_freed(page, here):
    await page.say("hi")
    cookie = "; ".join(f"{name}={value}" for name, value in page.client.cookies.items())
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", here.port))
    await loop.sock_sendall(line, f"GET /chat/events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    await until(lambda: pages(here) == 1)
    for _ in range(200):
        here.talk.say(here.talk.address, "x" * 50_000)
    await until(lambda: pages(here) == 0)
    line.close()


async def test_the_fifth_window_puts_the_first_to_sleep(page, here):
    async with page.events() as first:
        await first.next("beat")
        others = [page.events() for _ in range(hub_limits.MOST_OF_ONE)]
        opened = [await other.__aenter__() for other in others]
        assert (await first.next())[0] == "elsewhere"
        with pytest.raises(EOFError):
            await first.next()
        await page.say("still heard")
        for events in opened:
            assert await events.turns(1) == ["still heard"]
        for other in others:
            await other.__aexit__(None, None, None)
    await until(lambda: pages(here) == 0)


async def test_a_full_process_says_that_it_is_full(page, here, monkeypatch):
    monkeypatch.setattr(hub_limits, "MOST_OF_ALL", 0)
    answer = await page.client.get("/chat/events")
    assert (answer.status_code, answer.json()["error"]) == (503, "full")
    assert answer.headers["retry-after"]


async def test_a_process_that_stops_lets_its_pages_go_at_once_and_says_what_is_being_said(open_page):
    began = asyncio.get_running_loop().time()
    async with site() as here:
        idle, busy = await open_page(here.url).begin(), await open_page(here.url).begin()
        async with idle.events() as quiet, busy.events() as talking:
            await quiet.next("beat")
            await busy.say("hi")
            await talking.next("turn")
            await here.web.show(here.talk.address, Sign("so f"))
            await talking.next("draft")
            here.web._hub.close()
            with pytest.raises(EOFError):
                await quiet.next()
            await here.answer("so far")
            assert await talking.turns(1) == ["so far"]
            with pytest.raises(EOFError):
                await talking.next()
            assert (await idle.client.get("/chat/events")).status_code == 503
    assert asyncio.get_running_loop().time() - began < 2.5


async def test_a_server_that_waits_no_longer_ends_its_answers_properly(open_page, caplog):
    """A reply was begun and never came: the server cuts after its three seconds, and nothing looks like a failure."""
    async with site() as here:
        page = await open_page(here.url).begin()
        async with page.events() as events:
            await page.say("hi")
            await events.next("turn")
            await here.web.show(here.talk.address, Sign("so f"))
            await events.next("draft")
            stopping = asyncio.create_task(here.stop())
            with pytest.raises(EOFError):
                await events.next()
            await stopping
    assert not [record for record in caplog.records if record.exc_info]
    assert "without completing" not in caplog.text


async def test_two_conversations_never_cross(open_page, here):
    ann, bob = await open_page().begin(), await open_page().begin()
    async with ann.events() as hers, bob.events() as his:
        await ann.say("from ann")
        await hers.next("turn")
        await here.answer("to ann", ("to",))
        await bob.say("from bob")
        assert (await his.next())[1]["text"] == "from bob"
        await here.answer("to bob", speaker=Speaker.HUMAN)
        assert await his.turns(1) == ["to bob"]
        assert await hers.turns(1) == ["to ann"]


@given(st.text(), st.none() | st.integers(0, 2**53))
def test_no_text_ends_an_event_or_begins_one(text, number):
    raw = event("turn", {"text": text}, number).decode()
    assert raw.endswith("\n\n")
    lines = raw.removesuffix("\n\n").splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(lines) == len(fields) == (2 if number is None else 3)
    assert json.loads(fields["data"]) == {"text": text}
    assert fields.get("id") == (None if number is None else str(number))


async def test_texts_arrive_as_they_were_written(page, here):
    odd = "a\r\nb\u2028c\n\nevent: turn\ndata: {}\n\n<b>&amp;</b> 中文 🙂 \x07"
    async with page.events() as events:
        await page.say(odd, str(uuid4()))
        assert await events.turns(1) == [odd]
