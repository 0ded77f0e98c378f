"""The whole bot serves Rasa: settings, web server, author, database."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from bot.app import assemble
from bot.store.database import StoreSettings, open_database
from tests.rig.ports import free_port
from tests.rig.rasa import TOKEN, nlg_request, refusal, tracker

REDIS = os.environ.get("PALAVER_TEST_REDIS", "redis://127.0.0.1:6379/0")


async def until_it_answers(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await http.get("/healthz")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.02)


async def test_a_token_turns_it_on_and_what_is_said_is_kept_and_forgotten(database_url, monkeypatch, tmp_path):
    (tmp_path / "domain.yml").write_text('responses: {utter_more: [{text: "Anything else, {name}?"}]}')
    port = free_port()
    settings = {"HTTP_PORT": str(port), "RASA_TOKEN": TOKEN, "RASA_DOMAIN": "domain.yml", "WRITER": "stub"}
    for name, value in settings.items():
        monkeypatch.setenv(f"PALAVER_{name}", value)
    monkeypatch.setenv("PALAVER_STUB_DELAY", "0")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    said = ("user", "where is order 4711?")
    async with assemble((), StoreSettings(url=database_url)) as bot:
        running = asyncio.create_task(bot.run(asyncio.Event()))
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as http:
                await until_it_answers(http)
                request = nlg_request("utter_more", said, slots={"name": "Ann"})
                body = (await http.post("/rasa/nlg", json=request)).json()
                reply = await http.post("/rasa/reply", json={"do": "reply", "tracker": tracker(said)})
                metrics = (await http.get("/metrics")).text
                turns = await rows(database_url, "SELECT speaker, text FROM turns ORDER BY seq")
                await http.post("/rasa/reply", json={"do": "forget", "tracker": tracker(said)})
                left = await rows(database_url, "SELECT channel, text FROM turns JOIN conversations c ON c.id = 1")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert refusal(body) == ""
    assert body["text"] == "Anything else, Ann?"
    assert body["custom"]["fallback"]
    assert reply.text.endswith("\n")
    assert turns[:2] == [("user", "where is order 4711?"), ("bot", "Anything else, Ann?")]
    assert len(turns) == 3
    assert set(left) == {("rasa", "")}
    assert 'palaver_accepted_total{channel="rasa"} 1.0' in metrics


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", REDIS])
async def test_with_the_broker_down_or_no_worker_the_template_is_said_in_time(broker, monkeypatch, tmp_path, capfd):
    """The second broker answers, but nobody takes prompts from this queue."""
    if broker == REDIS and not listens(REDIS):
        pytest.skip("no Redis at PALAVER_TEST_REDIS")
    (tmp_path / "domain.yml").write_text('responses: {utter_more: [{text: "Anything else?"}]}')
    port = free_port()
    settings = {
        "HTTP_PORT": str(port),
        "RASA_TOKEN": TOKEN,
        "RASA_DOMAIN": "domain.yml",
        "RASA_SECONDS": "3",
        "BROKER_URL": broker,
        "QUEUE": "nobody-reads-this",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"PALAVER_{name}", value)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with assemble((), StoreSettings(url=f"sqlite:///{tmp_path}/rasa.sqlite3")) as bot:
        running = asyncio.create_task(bot.run(asyncio.Event()))
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http:
                await until_it_answers(http)
                request = nlg_request("utter_more", ("user", "my pin is 8642"))
                body = (await http.post("/rasa/nlg", json=request)).json()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert refusal(body) == ""
    assert body["text"] == "Anything else?"
    assert body["custom"]["fallback"] in ("unreachable", "late")
    printed = capfd.readouterr()
    assert "8642" not in printed.out + printed.err


async def test_where_one_writer_cannot_the_next_one_writes_and_the_reason_is_kept(monkeypatch, tmp_path):
    """No broker, no server of another engine: the model in this process answers, in the time of one answer."""
    port, url = free_port(), f"sqlite:///{tmp_path}/rasa.sqlite3"
    settings = {
        "HTTP_PORT": str(port),
        "RASA_TOKEN": TOKEN,
        "RASA_SECONDS": "6",
        "RASA_GENERATE": "utter_more",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "OPENAI_URL": "http://127.0.0.1:1/v1",
        "WRITER": "celery:fused, openai:big, stub",
        "STUB_DELAY": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"PALAVER_{name}", value)
    said, headers = ("user", "where is it?"), {"Authorization": f"Bearer {TOKEN}"}
    async with assemble((), StoreSettings(url=url)) as bot:
        running = asyncio.create_task(bot.run(asyncio.Event()))
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http:
                await until_it_answers(http)
                text = (await http.post("/rasa/nlg", json=nlg_request("utter_more", said))).json()
                lines = (await http.post("/rasa/reply", json={"do": "reply", "tracker": tracker(said)})).text
                ready = (await http.get("/readyz")).json()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    why = "in place of celery:fused (unreachable), openai:big (unreachable)"
    assert text["text"].startswith("where is it?")
    assert text["custom"] == {"model": "stub@1", "fallback": why}
    assert json.loads(lines.splitlines()[-1])["done"]["fallback"] == why
    assert ready["checks"]["writer"] == "ok", "somebody can write"
    kept = await rows(url, "SELECT responder, reason FROM turns WHERE speaker = 'bot'")
    assert set(kept) == {("generative", why)}


def listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 6379), 2).close()
    except OSError:
        return False
    return True


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    database = open_database(StoreSettings(url=url))
    async with database.read() as connection:
        found = [tuple(row) for row in await connection.execute(text(query))]
    await database.close()
    return found
