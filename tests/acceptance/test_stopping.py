"""Stop, wherever it is pressed: the writing ends at once, and what was written stays, marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.slack.standin import StandIn as Slack
from connectors.telegram.standin import StandIn as Telegram
from tests.rig.ports import free_port
from tests.rig.whole import running

WORDS = 90
QUESTION = "please tell me a very long story"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """A model that takes nine seconds for an answer."""

    def give(more: dict[str, str]) -> None:
        slow = {"PALAVER_WRITER": "stub", "PALAVER_STUB_TOKENS": str(WORDS), "PALAVER_STUB_DELAY": "0.1"}
        for name, value in (slow | {"PALAVER_HTTP_PORT": str(free_port())} | more).items():
            monkeypatch.setenv(name, value)

    return give


def check(text: str) -> None:
    """It is a marked beginning of what would have been said."""
    words = text.removesuffix(" …").split()
    whole = (QUESTION.split() * WORDS)[:WORDS]
    assert text.endswith(" …")
    assert 0 < len(words) < WORDS
    assert words == whole[: len(words)]


@pytest.mark.parametrize("way", ["button", "command"])
async def test_on_telegram(given: Any, tmp_path: Path, way: str) -> None:
    async with Telegram() as telegram:
        given(telegram.environment)
        async with running("telegram", tmp_path) as settled:
            assert await telegram.until(lambda: bool(telegram.called("getUpdates")))
            await telegram.say(QUESTION)
            growing = await telegram.reply(timeout=20.0)
            assert growing["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "stop"
            if way == "button":
                pressed = {"id": "77", "chat_instance": "c", "data": "stop", "message": dict(growing)}
                await telegram.push({"callback_query": pressed | {"from": growing["chat"] | {"is_bot": False}}})
                assert await telegram.until(lambda: bool(telegram.called("answerCallbackQuery")))
            else:
                await telegram.say("/stop")
            async with asyncio.timeout(20):
                await settled()
        told = telegram.sent()
        check(told[0]["text"])
        assert "stop" not in str(told[0].get("reply_markup", ""))
        assert [message["text"] for message in told[1:]] == ([] if way == "button" else ["Stopped."])


async def test_on_slack_by_its_own_button(given: Any, tmp_path: Path) -> None:
    async with Slack() as slack:
        given(slack.environment)
        async with running("slack", tmp_path) as settled:
            await slack.sockets.connected()
            root = await slack.say(QUESTION, channel="C0ROOM", mention=True)
            growing = await slack.reply("C0ROOM", 20.0)
            assert growing["streaming"]
            slack.event({"type": "agent_session_stopped", "channel": "C0ROOM", "thread_ts": root, "user": "U0PERSON"})
            async with asyncio.timeout(20):
                await settled()
        (told,) = slack.posted("C0ROOM")
        check(told["text"])
        assert told["streaming"] is False
