"""Every kind of delivery, one after the other, to a whole bot: by polling and webhook, by Socket Mode and HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from bot.store import accepting
from connectors.slack import events
from connectors.slack.standin import StandIn as Slack
from connectors.telegram.standin import StandIn as Telegram
from tests.acceptance.payloads import slack as slack_samples
from tests.acceptance.payloads import telegram as telegram_samples
from tests.acceptance.payloads.expectations import FOLDER, Sample, from_folder
from tests.rig.ports import free_port
from tests.rig.rasa import TOKEN
from tests.rig.whole import Settled, running

SAYING = ("sendMessage", "editMessageText")
ALL_TELEGRAM = [*telegram_samples.samples(), *from_folder("telegram")]
ALL_SLACK = [*slack_samples.samples(), *from_folder("slack")]


@pytest.fixture(autouse=True)
def nobody_writes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each delivery comes by itself here, so none has to wait for the rest of a burst."""
    monkeypatch.setattr(accepting, "BURST_WAIT", 0.0)
    monkeypatch.setattr(events, "SETTLE", 0.0)


@pytest.fixture
def bot_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], int]:
    """Set what a bot needs, and return the port of its web server."""

    def given(more: dict[str, str]) -> int:
        port = free_port()
        quick = {"PALAVER_WRITER": "stub", "PALAVER_STUB_TOKENS": "1", "PALAVER_STUB_DELAY": "0"}
        for name, value in (quick | {"PALAVER_HTTP_PORT": str(port)} | more).items():
            monkeypatch.setenv(name, value)
        return port

    return given


@pytest.mark.timeout(300)
@pytest.mark.parametrize("by", ["polling", "webhook"])
async def test_telegrams_updates_get_what_they_deserve(bot_settings: Any, tmp_path: Path, by: str) -> None:
    async with Telegram(username="standin_bot", pace=0.01) as telegram:
        port = bot_settings(telegram.environment)
        if by == "webhook":
            hook = {"WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram/webhook", "WEBHOOK_SECRET": "s" * 32}
            bot_settings({f"PALAVER_TELEGRAM_{name}": value for name, value in hook.items()} | _port(port))
        async with running("telegram", tmp_path) as settled:
            method = "setWebhook" if by == "webhook" else "getUpdates"
            assert await telegram.until(lambda: bool(telegram.called(method)))
            for number, sample in enumerate(ALL_TELEGRAM):
                await _try_update(telegram, settled, sample, number)


def _port(port: int) -> dict[str, str]:
    return {"PALAVER_HTTP_PORT": str(port)}


async def _try_update(telegram: Telegram, settled: Settled, sample: Sample, number: int) -> None:
    before = len(telegram.calls)
    if type(sample.body.get("update_id", 0)) is int:
        await telegram.push(_as_new(sample.body, number))
    elif telegram.by_webhook:  # no update can be fetched by a number that is none
        await telegram.push(sample.body)
    assert await telegram.until(lambda: telegram.waiting == 0), f"{sample.name} was not taken"
    await settled()
    wanted = sample.more.get("must_call", "")
    if wanted:
        assert await telegram.until(lambda: any(call.method == wanted for call in telegram.calls[before:])), sample.name
    said = [call for call in telegram.calls[before:] if call.method in SAYING]
    assert all(call.status == 200 for call in said), sample.name
    sample.check(len(said))
    thread = sample.more.get("message_thread_id")
    if thread and said:
        assert said[0].params.number("message_thread_id") == thread, sample.name


def _as_new(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the update as one that was never delivered: samples share numbers, and the bot is another one."""
    text = json.dumps(body).replace("heldout_bot", "standin_bot")
    told = json.loads(text) | {"update_id": 800_000_000 + number}
    for content in told.values():
        if isinstance(content, dict) and type(content.get("message_id")) is int:
            content["message_id"] += 100_000 * (number + 1)
    return dict(told)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("by", ["socket", "http"])
async def test_slacks_deliveries_get_what_they_deserve(bot_settings: Any, tmp_path: Path, by: str) -> None:
    async with Slack(scale=0.001) as slack:
        settings = slack.environment
        if by == "http":
            settings = {**settings, "PALAVER_SLACK_SIGNING_SECRET": slack.signing_secret}
            del settings["PALAVER_SLACK_APP_TOKEN"]
        port = bot_settings(settings)
        async with running("slack", tmp_path) as settled:
            if by == "http":
                slack.post_to(f"http://127.0.0.1:{port}/slack/events")
                while not slack.called("auth.test"):
                    await asyncio.sleep(0.01)
            else:
                await slack.sockets.connected()
            for number, sample in enumerate(ALL_SLACK):
                await _try_delivery(slack, settled, sample, number, by)


KINDS = {"http_json": "events_api", "http_form_payload": "interactive", "http_form": "slash_commands"}


async def _try_delivery(slack: Slack, settled: Settled, sample: Sample, number: int, by: str) -> None:
    transport = sample.more["transport"]
    if transport == "socket_mode" and "payload" not in sample.body:
        return await _try_frame(slack, sample, by)
    before = len(slack.called("chat.postMessage"))
    body = _for_us(sample, slack.workspace.bot, number)
    kind = body["type"] if transport == "socket_mode" else KINDS[transport]
    payload = body["payload"] if transport == "socket_mode" else body
    payload = dict(parse_qsl(payload["form"], keep_blank_values=True)) if "form" in payload else payload
    delivery = slack.deliver(kind, payload)
    await delivery.ended.wait()
    assert delivery.outcomes == ["taken"], sample.name
    await settled()
    posts = slack.called("chat.postMessage")[before:]
    sample.check(len(posts))
    where = sample.more.get("reply_to")
    if posts and where:
        told = posts[0].arguments
        assert (told["channel"], told["thread_ts"]) == (where, sample.more["reply_thread_ts"]), sample.name
    return None


async def _try_frame(slack: Slack, sample: Sample, by: str) -> None:
    """A frame that is no delivery: the client takes it, and comes again where it was asked to leave."""
    if by == "socket":
        opened, leave = slack.sockets.opened, sample.body["type"] == "disconnect"
        await slack.sockets.send(sample.body)
        await slack.sockets.connected(opened + 1 if leave else opened)


def _for_us(sample: Sample, bot: str, number: int) -> dict[str, Any]:
    """Return the delivery as a new one, to our bot: each was recorded with a bot of its own."""
    text = json.dumps(sample.body)
    theirs = sample.more.get("bot_user_id")
    text = text.replace(f'"{theirs}"', f'"{bot}"').replace(f"<@{theirs}>", f"<@{bot}>") if theirs else text
    body: dict[str, Any] = json.loads(text)
    for part in (body, body.get("payload", {})):
        for name in ("event_id", "trigger_id"):
            if name in part:
                part[name] = f"{part[name]}-{number}"
    return body


@pytest.mark.skipif(not FOLDER, reason="PALAVER_TEST_PAYLOADS names no folder")
async def test_what_rasa_asked_is_answered_with_a_text_that_it_can_show(bot_settings: Any, tmp_path: Path) -> None:
    port = bot_settings({"PALAVER_RASA_TOKEN": TOKEN, "PALAVER_RASA_GENERATE": '["*"]'})
    asked = (Path(FOLDER) / "rasa" / "captured_nlg_request.json").read_bytes()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with running("rasa", tmp_path), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/rasa/nlg", content=asked, headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "application/json")
    assert answer.json()["text"].strip()
