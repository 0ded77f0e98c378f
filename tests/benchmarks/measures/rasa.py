"""Fifty conversations of a Rasa assistant at once through the NLG server, beside the same engine called directly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from nlg.contract import Decoding, Line, Prompt, Role
from nlg.serving.interfaces import Generator
from nlg.serving.loading import model_folder, open_engine
from nlg.testing import StubEngine
from tests.acceptance.questions import CHINESE, ENGLISH
from tests.benchmarks.load import Measured, press, request
from tests.benchmarks.measures import Measurement, Size
from tests.rig.children import Children
from tests.rig.databases import sqlite
from tests.rig.palaver import Bot, start_bot
from tests.rig.rasa import TOKEN, nlg_request

CONVERSATIONS = 50
SLOTS = 8
SECONDS = 50.0
STUB = {"PALAVER_STUB_TOKENS": "20", "PALAVER_STUB_DELAY": "0"}
SETTINGS = {
    "PALAVER_RASA_TOKEN": TOKEN,
    "PALAVER_RASA_GENERATE": "*",
    "PALAVER_RASA_SECONDS": str(SECONDS),
    "PALAVER_SLOTS": str(SLOTS),
    "PALAVER_LOG_LEVEL": "error",
}


async def run(size: Size, folder: Path) -> Measurement:
    """Ask the same questions of both, with the model that comes along and with a stub that costs nothing."""
    count = max(CONVERSATIONS * 2, size.webhooks // 5)
    rows = []
    for name, settings, made in (("engine", {}, _engine), ("stub", STUB, _stub)):
        directly = await _directly(made(), count)
        answered = await _through(folder / name, {"PALAVER_WRITER": name, **SETTINGS, **settings}, count)
        rows += [_row(f"{name}, called directly", directly), _row(f"{name}, through /rasa/nlg", answered)]
    title = (
        f"Replies for Rasa, {CONVERSATIONS} conversations at once, {count} messages, {SLOTS} slots, one thread, SQLite"
    )
    return Measurement(title, rows)


def _engine() -> Generator:
    return open_engine(model_folder(""), SLOTS, 1)


def _stub() -> Generator:
    return StubEngine(SLOTS, int(STUB["PALAVER_STUB_TOKENS"]), 0.0)


def _questions(count: int) -> list[str]:
    words = [*ENGLISH, *CHINESE]
    return [words[number % len(words)] for number in range(count)]


async def _directly(engine: Generator, count: int) -> Measured:
    async def ask(text: str) -> bool:
        prompt = Prompt(uuid4().hex, (Line(Role.USER, text),), SECONDS, decoding=Decoding())
        return bool((await asyncio.wrap_future(engine.submit(prompt, lambda _: None))).text)

    try:
        await ask("hello")
        return await _at_once(ask, _questions(count))
    finally:
        engine.close()


async def _at_once(ask: Callable[[str], Awaitable[bool]], texts: Sequence[str]) -> Measured:
    left, waits, refused = iter(texts), list[float](), 0

    async def person() -> None:
        nonlocal refused
        for text in left:
            began = time.perf_counter()
            refused += not await ask(text)
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(CONVERSATIONS)))
    return Measured(time.perf_counter() - began, tuple(waits), refused)


async def _through(folder: Path, settings: dict[str, str], count: int) -> Measured:
    with Children(folder) as children:
        async with sqlite(folder) as books:
            bot = start_bot(children, "bot", {**settings, "PALAVER_DATABASE_URL": books.url}, ["rasa"])
            await bot.ready()
            await press(bot.port, _requests(["hello"], "first"), 1)
            return await _pressed(bot, count)


async def _pressed(bot: Bot, count: int) -> Measured:
    return await press(bot.port, _requests(_questions(count), "person"), CONVERSATIONS)


def _requests(texts: Sequence[str], who: str) -> list[bytes]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    asked = [nlg_request("utter_free", ("user", text), sender=f"{who}-{at}") for at, text in enumerate(texts)]
    return [request("/rasa/nlg", json.dumps(one).encode(), headers) for one in asked]


def _row(name: str, measured: Measured) -> dict[str, Any]:
    return {
        "way": name,
        "replies/s": round(measured.rate, 1),
        "p50 ms": round(measured.percentile(50)),
        "p95 ms": round(measured.percentile(95)),
        "refused": measured.refused,
    }
