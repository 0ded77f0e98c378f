"""What a person who talks to a Rasa assistant reads while workers die, models are missing and bodies are monstrous.

The bot and its workers are processes of their own, with a Redis of these tests between them.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from nlg.testing import prompt_of, stub_text
from tests.rig.brokers import Redis, redis
from tests.rig.children import Children
from tests.rig.collector import Collector
from tests.rig.palaver import Bot, Worker, start_bot, start_worker
from tests.rig.rasa import TOKEN, nlg_request, refusal, tracker
from tests.rig.servers import Unavailable

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 2.5
SECRET = "my pin is 8642 and I want it back"
QUICK = ("--stub", "--stub-delay", "0.01", "--stub-tokens", "8")
SLOW = ("--stub", "--stub-delay", "0.3", "--stub-tokens", "8")
BOMB = zlib.compress(b" " * 300_000_000, 9)
DEFLATE = {"Content-Encoding": "deflate"}


@dataclass(frozen=True, slots=True)
class House:
    """A bot that serves Rasa, its broker, and what starts workers."""

    children: Children
    broker: Redis
    bot: Bot
    http: httpx.AsyncClient
    collector: Collector
    numbers: Any

    def worker(self, *flags: str) -> Worker:
        return start_worker(self.children, f"worker-{next(self.numbers)}", self.broker.url, *flags)

    async def nlg(self, name: str) -> tuple[dict[str, Any], float]:
        """Ask for a text; it must be 200 and fit Rasa's schema. Also the seconds it took."""
        begun = time.monotonic()
        answer = await self.http.post("/rasa/nlg", json=nlg_request(name, ("user", SECRET)))
        assert (answer.status_code, refusal(answer.json())) == (200, "")
        return answer.json(), time.monotonic() - begun

    @property
    def memory(self) -> int:
        """Resident bytes of the bot."""
        return int(psutil.Process(self.bot.child.pid).memory_info().rss)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    domain = folder / "domain.yml"
    domain.write_text("responses: {utter_more: [{text: 'Anything else?'}]}", "utf-8")
    with Children(folder) as children, Collector() as collector:
        try:
            async with redis(children, folder) as broker:
                bot = start_bot(children, "bot", settings(folder, domain, broker.url) | collector.settings, ["rasa"])
                await bot.ready()
                headers = {"Authorization": f"Bearer {TOKEN}"}
                async with httpx.AsyncClient(base_url=bot.url, headers=headers, timeout=30, trust_env=False) as http:
                    yield House(children, broker, bot, http, collector, count())
        except Unavailable as error:
            pytest.skip(str(error))


def settings(folder: Path, domain: Path, broker: str) -> dict[str, str]:
    own = {
        "DATABASE_URL": f"sqlite:///{folder}/rasa.sqlite3",
        "BROKER_URL": broker,
        "RASA_TOKEN": TOKEN,
        "RASA_DOMAIN": str(domain),
        "RASA_SECONDS": str(SECONDS),
        "RASA_GENERATE": "utter_more",
        "RASA_BODY_MEGABYTES": "8",
    }
    return {f"PALAVER_{name}": value for name, value in own.items()}


async def lines_of(house: House, after_the_first: Any, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Ask for a reply as the action server does; something happens once the first words are there."""
    body = {"do": "reply", "tracker": tracker(("user", SECRET)), "seconds": seconds}
    lines: list[dict[str, Any]] = []
    async with house.http.stream("POST", "/rasa/reply", json=body) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            lines.append(json.loads(line))
            if len(lines) == 1:
                after_the_first()
    return lines


async def test_a_worker_killed_in_the_middle_of_a_reply_leaves_a_sentence_that_says_where_to_turn(house):
    worker = house.worker(*SLOW)
    await worker.ready()
    begun = time.monotonic()
    *chunks, last = await lines_of(house, worker.child.kill)
    assert time.monotonic() - begun < SECONDS + 1
    assert "".join(chunk["text"] for chunk in chunks).endswith(last["done"]["text"])
    assert last["done"]["text"].startswith("Sorry")
    assert last["done"]["fallback"] == "late"


async def test_another_worker_goes_on_with_the_reply_of_one_that_was_killed(house):
    first = house.worker(*SLOW)
    await first.ready()
    second: list[Worker] = []

    def replace_it() -> None:
        first.child.kill()
        second.append(house.worker(*QUICK))

    *chunks, last = await lines_of(house, replace_it, 8.0)
    second[0].child.kill()
    whole = stub_text(prompt_of(SECRET), 8)
    if last["done"]["fallback"]:  # a machine so busy that the second one was not ready in time
        assert last["done"]["text"].startswith("Sorry")
        return
    assert last["done"]["text"].rstrip(".") == whole
    assert "".join(chunk["text"] for chunk in chunks).rstrip(".") == whole


async def test_a_worker_killed_while_a_text_is_written_costs_the_person_nothing_but_the_models_words(house):
    worker = house.worker(*SLOW)
    await worker.ready()
    asked = asyncio.create_task(house.nlg("utter_more"))
    await asyncio.sleep(0.8)  # of the two and a half seconds that the reply takes
    worker.child.kill()
    body, took = await asked
    assert (body["text"], body["custom"]["fallback"]) == ("Anything else?", "late")
    assert took < SECONDS + 1


async def test_a_worker_without_its_model_says_so_and_the_person_gets_the_template(house, tmp_path):
    worker = house.worker("--model", str(tmp_path / "nowhere"))
    assert await worker.child.ended(30) == 4
    assert "nowhere" in worker.child.output
    body, _ = await house.nlg("utter_more")
    assert (body["text"], body["custom"]["fallback"]) == ("Anything else?", "late")
    unknown, _ = await house.nlg("utter_none")
    assert unknown["text"].startswith("Sorry")


async def test_a_model_too_slow_for_the_deadline_gives_way_in_time(house):
    worker = house.worker("--stub", "--stub-delay", "30")
    await worker.ready()
    body, took = await house.nlg("utter_none")
    worker.child.kill()
    assert body["text"].startswith("Sorry")
    assert body["custom"]["fallback"] == "late"
    assert took < SECONDS + 1


@pytest.mark.parametrize("path", ["/rasa/nlg", "/rasa/reply"])
async def test_monstrous_bodies_are_answered_as_documented_and_leave_the_memory_flat(house, path):
    always = path == "/rasa/nlg"
    cases: list[tuple[bytes, dict[str, str], int]] = [
        (b"{", {}, 400),
        (b"[" * 200_000, {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"nonsense", DEFLATE, 400),
        (BOMB, DEFLATE, 413),
        (b" " * 9_000_000, {}, 413),
        (big(2_700_000), {}, 400),
    ]
    before = 0
    for round_ in range(4):
        for content, headers, status in cases:
            answer = await house.http.post(path, content=content, headers=headers)
            assert answer.status_code == (200 if always else status)
            assert SECRET not in answer.text
            if always:
                assert answer.json()["text"]
        before = before or (house.memory if round_ else 0)
    assert house.memory - before < 25_000_000
    assert len(big(2_700_000)) > 5_000_000


def big(size: int) -> bytes:
    """A whole history with nothing to do in it: no response is named, nothing is to be done."""
    return json.dumps({"tracker": tracker(("user", SECRET), ("user", "x" * size)), "do": "nothing"}).encode()


async def test_the_callers_trace_is_continued_in_spans_that_a_collector_gets(house):
    trace, parent = os.urandom(16).hex(), os.urandom(8).hex()
    headers = {"traceparent": f"00-{trace}-{parent}-01"}
    await house.http.post("/rasa/nlg", json=nlg_request("utter_none", ("user", SECRET)), headers=headers)
    body = {"do": "reply", "tracker": tracker(("user", SECRET)), "seconds": 1}
    await house.http.post("/rasa/reply", json=body, headers=headers)
    ours: set[tuple[str, str, str]] = set()
    await house.bot.child.until(lambda: seen(house, trace, ours), 10)
    assert ours == {("palaver", "rasa.nlg", parent), ("palaver", "rasa.reply", parent)}
    assert b"8642" not in b"".join(house.collector.bodies)


async def seen(house: House, trace: str, into: set[tuple[str, str, str]]) -> bool:
    into |= {(span.service, span.name, span.parent) for span in house.collector.spans if span.trace == trace}
    return len(into) == 2


async def test_nothing_of_a_conversation_is_in_any_log(house):
    logs = [path.read_text("utf-8", "replace") for path in house.bot.child.log.parent.glob("*.log")]
    assert any("prompt.failed" in log or "prompt.written" in log for log in logs), "they do log"
    assert not [log for log in logs if "8642" in log]
