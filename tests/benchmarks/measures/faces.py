"""What people feel on each face with the model that comes along: the first sign, the first text, edits; and how soon a
stopped reply sets the model free."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx

from bot.app import assemble
from bot.store.database import StoreSettings
from connectors.slack.standin import StandIn as Slack
from connectors.telegram.standin import StandIn as Telegram
from nlg.contract import Decoding, Line, Prompt, Role
from nlg.serving.loading import model_folder, open_engine
from tests.acceptance.questions import ENGLISH
from tests.benchmarks.measures import Measurement, Size
from tests.rig.ports import free_port

Felt = tuple[float, float, int]
"""Seconds to the first sign and to the first text, and how often the message was changed."""


async def run(size: Size, folder: Path) -> Measurement:
    """Ask on each face in turn, in one process as it is started on a laptop."""
    questions = ENGLISH[: max(5, min(len(ENGLISH), size.rounds * 4))]
    async with _bot(folder) as (telegram, slack, port):
        faces = {
            "Telegram": [await _on_telegram(telegram, text, n) for n, text in enumerate(questions)],
            "Slack, thread": [await _on_slack(slack, text, n) for n, text in enumerate(questions)],
            "web chat": await _on_the_web(port, questions),
        }
    rows = [_row(name, felt) for name, felt in faces.items()]
    return Measurement(f"What people feel, {len(questions)} questions each; medians", [*rows, await _stopping()])


@asynccontextmanager
async def _bot(folder: Path) -> AsyncIterator[tuple[Telegram, Slack, int]]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(Telegram())
        slack = await stack.enter_async_context(Slack())
        port = free_port()
        settings = {"PALAVER_WRITER": "engine", "PALAVER_HTTP_PORT": str(port), "PALAVER_LOG_LEVEL": "error"}
        os.environ.update(telegram.environment | slack.environment | settings)
        store = StoreSettings(url=f"sqlite:///{folder}/faces.sqlite3")
        bot = await stack.enter_async_context(assemble(("telegram", "slack", "web"), store, limited=False))
        stopped = asyncio.Event()
        task = asyncio.create_task(bot.run(stopped))
        await slack.sockets.connected()
        await telegram.until(lambda: bool(telegram.called("getUpdates")))
        await telegram.exchange("hello")
        yield telegram, slack, port
        stopped.set()
        await task


async def _on_telegram(telegram: Telegram, text: str, number: int) -> Felt:
    chat, before, began = 9000 + number, len(telegram.calls), time.monotonic()
    await telegram.say(text, chat=chat)
    await telegram.until(lambda: bool(telegram.sent(chat)), 60.0)
    calls = [call for call in telegram.calls[before:] if call.params.number("chat_id") == chat]
    said = [call.at for call in calls if call.method == "sendMessage"]
    edits = sum(call.method == "editMessageText" for call in calls)
    return min(call.at for call in calls) - began, min(said) - began, edits


async def _on_slack(slack: Slack, text: str, number: int) -> Felt:
    channel, before, began = f"C0N{number}", len(slack.calls), time.monotonic()
    await slack.say(text, channel=channel, mention=True)
    await slack.reply(channel, 60.0)
    shown = {"chat.postMessage", "chat.startStream"}
    calls = [call for call in slack.calls[before:] if channel in (call.arguments.get("channel"), _where(call))]
    said = [call.at for call in calls if call.method in shown]
    edits = sum(call.method in ("chat.update", "chat.appendStream") for call in calls)
    return min(call.at for call in calls) - began, min(said) - began, edits


def _where(call: Any) -> object:
    return call.arguments.get("channel_id")


async def _on_the_web(port: int, questions: Sequence[str]) -> list[Felt]:
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False) as client:
        await client.post("/chat/session", content="{}", headers=headers)
        return [await _asked(client, headers, text) for text in questions]


async def _asked(client: httpx.AsyncClient, headers: dict[str, str], text: str) -> Felt:
    history = (await client.get("/chat/history")).json()["turns"]
    after = history[-1]["seq"] if history else 0
    async with client.stream("GET", f"/chat/events?after={after}") as stream:
        began, sign, drafts = time.monotonic(), 0.0, 0
        sending = asyncio.create_task(
            client.post("/chat/messages", content=json.dumps({"id": str(uuid4()), "text": text}), headers=headers)
        )
        name = ""
        async for line in stream.aiter_lines():
            name = line.removeprefix("event: ") if line.startswith("event: ") else name
            data = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else None
            if data is None or name not in ("draft", "turn") or data.get("speaker") == "user":
                continue
            sign = sign or time.monotonic() - began
            drafts += name == "draft" and bool(data.get("text"))
            if data.get("text"):
                await sending
                return sign, time.monotonic() - began, drafts
    raise AssertionError("the stream ended")


def _row(face: str, felt: Sequence[Felt]) -> dict[str, Any]:
    signs, texts, edits = zip(*felt, strict=True)
    return {
        "face": face,
        "first sign ms": round(1000 * median(signs)),
        "first text ms": round(1000 * median(texts)),
        "slowest text ms": round(1000 * max(texts)),
        "edits an answer": round(sum(edits) / len(edits), 2),
        "tokens after stop": "",
    }


async def _stopping() -> dict[str, Any]:
    """Stop right after the first piece of text, and count how many tokens were written after that."""
    engine = await asyncio.to_thread(open_engine, model_folder(""), 8, 1)
    after: list[int] = []
    for text in ENGLISH[:10]:
        seen: list[str] = []
        prompt = Prompt(uuid4().hex, (Line(Role.USER, text),), 30.0, decoding=Decoding())

        def stop(chunk: str, prompt: Prompt = prompt, seen: list[str] = seen) -> None:
            seen.append(chunk)
            engine.stop(prompt.id)

        draft = await asyncio.wrap_future(engine.submit(prompt, stop))
        after.append(max(0, draft.reply_tokens - 1))
    engine.close()
    empty = dict.fromkeys(("first sign ms", "first text ms", "slowest text ms", "edits an answer"), "")
    return {"face": "the engine itself", **empty, "tokens after stop": f"{median(after):.0f} (most {max(after)})"}
