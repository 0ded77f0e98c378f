"""Asks `palaver run` for what an action needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.rasa.settings import ActionsSettings
from connectors.rasa.tracing import carried

PATH = "/rasa/reply"
CONNECT_SECONDS = 3.0
WAY_SECONDS = 3.0
"""So much longer than the model may write, for the way there and back."""
CONNECTIONS = 200


class Unanswered(Exception):
    """The bot gave no answer. `reason` is one or two words, without anything of the conversation."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an answer: all of it, the model that wrote it, and why it is not a model's."""

    text: str
    model: str | None = None
    fallback: str | None = None


class BotClient:
    """One bot over HTTP. Lives in one event loop."""

    def __init__(self, settings: ActionsSettings, token: str) -> None:
        self._seconds = settings.seconds
        self._http = httpx.AsyncClient(
            base_url=settings.bot_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(settings.seconds + WAY_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            trust_env=False,
        )

    async def reply(self, tracker: Mapping[str, Any], wish: Mapping[str, Any]) -> AsyncGenerator[str | Done, None]:
        """Give what is new as it comes, and `Done` at the end. Raises `Unanswered`. Leaving stops the model."""
        body = {"do": "reply", "tracker": tracker, "wish": wish, "seconds": self._seconds}
        async with self._answer(body) as answer:
            async for line in answer.aiter_lines():
                yield _read(line)

    async def do(self, what: str, tracker: Mapping[str, Any]) -> Done:
        """Let the bot `forget` or `hand_over`, and return what to say. Raises `Unanswered`."""
        async with self._answer({"do": what, "tracker": tracker}) as answer:
            done = _read((await answer.aread()).decode())
            if not isinstance(done, Done):
                raise Unanswered("not understood")
            return done

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def _answer(self, body: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
        try:
            async with asyncio.timeout(self._seconds + WAY_SECONDS):
                async with self._http.stream("POST", PATH, json=body, headers=carried({})) as answer:
                    if answer.status_code != 200:
                        raise Unanswered(f"status {answer.status_code}")
                    yield answer
        except (TimeoutError, httpx.TimeoutException):
            raise Unanswered("late") from None
        except httpx.HTTPError:
            raise Unanswered("unreachable") from None


def _read(line: str) -> str | Done:
    try:
        value = json.loads(line)
        if "done" in value:
            done = value["done"]
            return Done(str(done["text"]), done.get("model"), done.get("fallback"))
        return str(value["text"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered("not understood") from None
