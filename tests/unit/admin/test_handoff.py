"""Taking over, writing and giving back through the pages, and being told that something is new."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text

from bot.admin.pages.handoff import following
from bot.messages import Address
from bot.staff import Role
from bot.store.alerts import Kind, raise_alert
from bot.store.placing import place
from tests.rig.admin import PASSWORD, TOKEN, Office, serving

ANN = Address("telegram", "1", "1001")


async def begun(office: Office) -> int:
    """Return a conversation in which somebody waits."""
    async with office.database.begin() as connection:
        conversation, _ = await place(connection, ANN)
        await raise_alert(connection, conversation, Kind.HANDED_OVER, "no responder")
    return conversation


async def rows(office: Office, query: str) -> list[tuple[object, ...]]:
    async with office.database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def test_taking_over_writing_and_giving_back_leave_their_trace_and_no_words(office: Office) -> None:
    number = await begun(office)
    async with office.visitor(Role.REVIEWER) as visitor:
        assert "no responder" in (await visitor.get("/waiting")).text
        for step, fields in (("take", {}), ("say", {"text": "my secret words"}), ("give", {})):
            answer = await visitor.post(f"/conversations/{number}/{step}", **fields)
            assert answer.headers["location"] == f"/admin/conversations/{number}/answer"
        assert "Nobody waits." in (await visitor.get("/waiting")).text
    assert await rows(office, "SELECT speaker, text, sender FROM turns") == [("human", "my secret words", "reviewer")]
    noted = await rows(office, "SELECT action, subject, detail FROM audit ORDER BY id")
    assert [action for action, *_ in noted if str(action).startswith("conversation")] == [
        "conversation.taken",
        "conversation.answered",
        "conversation.given_back",
    ]
    assert "secret" not in repr(noted)


async def test_whoever_has_not_taken_it_over_can_read_and_that_is_noted_but_not_write(office: Office) -> None:
    number = await begun(office)
    async with office.visitor(Role.REVIEWER) as first, office.visitor(Role.ADMIN) as second:
        await first.get("/waiting")
        await first.post(f"/conversations/{number}/take")
        assert "reviewer answers here" in (await second.get(f"/conversations/{number}/answer")).text
        for step, fields in (("say", {"text": "hello"}), ("give", {}), ("take", {})):
            await second.post(f"/conversations/{number}/{step}", **fields)
            assert "reviewer answers this conversation" in (await second.get(f"/conversations/{number}/answer")).text
        await second.post(f"/conversations/{number}/take", from_others="yes")
        assert "You answer here" in (await second.get(f"/conversations/{number}/answer")).text
    assert await rows(office, "SELECT count(*) FROM turns") == [(0,)]
    read = await rows(office, "SELECT user_name FROM audit WHERE action = 'conversation.read'")
    assert {name for (name,) in read} == {"admin"}


@pytest.mark.parametrize("words", ["", "   \n"])
async def test_an_empty_message_is_not_sent(office: Office, words: str) -> None:
    number = await begun(office)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/waiting")
        await visitor.post(f"/conversations/{number}/take")
        await visitor.post(f"/conversations/{number}/say", text=words)
        assert "the message is empty" in (await visitor.get(f"/conversations/{number}/answer")).text
    assert await rows(office, "SELECT count(*) FROM turns") == [(0,)]


async def test_a_conversation_that_is_not_there_is_not_there(office: Office) -> None:
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/waiting")
        for step in ("take", "give", "say"):
            assert (await visitor.post(f"/conversations/99/{step}", text="x")).status_code == 404


async def test_what_was_looked_at_is_closed(office: Office) -> None:
    await begun(office)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/waiting")
        await visitor.post("/waiting/1/done")
        assert (await visitor.post("/waiting/1/done")).status_code == 404
        assert "Nobody waits." in (await visitor.get("/waiting")).text


@asynccontextmanager
async def signed_in(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts, on a real socket."""
    origin = address.removesuffix("/admin")
    async with httpx.AsyncClient(base_url=origin, headers={"Origin": origin}, timeout=20) as client:
        token = TOKEN.search((await client.get("/admin/login")).text)
        assert token is not None
        form = {"form-token": token[1], "name": "reviewer", "password": PASSWORD}
        assert (await client.post("/admin/login", data=form)).status_code == 303
        yield client


async def events(client: httpx.AsyncClient, path: str, until: str) -> list[str]:
    """Read the stream until an event of this name, or its end; return the names."""
    names: list[str] = []
    async with client.stream("GET", f"/admin{path}", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                names.append(line.removeprefix("event: "))
                if names[-1] == until:
                    break
    return names


async def test_an_open_page_hears_at_once_of_what_happened_since_it_was_made(office: Office) -> None:
    number = await begun(office)
    async with serving(office) as address, signed_in(address) as client:
        page = (await client.get(f"/admin/conversations/{number}/answer")).text
        live = re.search(r'data-live="/admin([^"]+)"', page)
        assert live is not None
        async with office.database.begin() as connection:
            await connection.execute(text("UPDATE conversations SET next_seq = next_seq + 1"))
        async with asyncio.timeout(15):
            assert await events(client, live[1], until="news") == ["beat", "news"]


async def test_the_stream_ends_with_the_session(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BEAT", 0.1)
    monkeypatch.setattr(following, "LOOK", 0.05)
    await begun(office)
    async with serving(office) as address, signed_in(address) as client:
        listening = asyncio.create_task(events(client, "/waiting/live", until="never"))
        await asyncio.sleep(0.5)
        async with office.database.begin() as connection:
            await connection.execute(text("DELETE FROM admin_sessions"))
        async with asyncio.timeout(15):
            assert "beat" in await listening
