"""The whole bot serves Rasa: settings, web server, author, database."""

from __future__ import annotations

import asyncio

import httpx
from sqlalchemy import text

from bot.app import assemble
from bot.store.database import StoreSettings, open_database
from tests.rig.ports import free_port
from tests.rig.rasa import TOKEN, nlg_request, refusal, tracker


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


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    database = open_database(StoreSettings(url=url))
    async with database.read() as connection:
        found = [tuple(row) for row in await connection.execute(text(query))]
    await database.close()
    return found
