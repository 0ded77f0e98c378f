"""One request to the server, and what its answers mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.facts import FACTS
from bot.writers.openai.events import Event, events, read_event
from nlg.contract import Busy, Decoding, Late, Prompt, Role, Unreachable, WritingError

CONNECT_SECONDS = 3.0
SHARE_WAITED = 0.5
"""The share of the time left that may be waited when the server says when it will not be busy any more."""
LARGEST = 4_000_000
"""Bytes of an answer that does not stream."""
ROLES = {Role.USER: "user", Role.ASSISTANT: "assistant"}


class Locked(WritingError):
    """The server refuses our key."""

    reason = "key refused"


def with_places(system: str) -> str:
    """Return the text with the names of the placeholders in the place of `{places}`."""
    return system.replace("{places}", ", ".join(f"{{{{{name}}}}}" for name in FACTS))


def body_of(prompt: Prompt, model: str, persona: str) -> dict[str, Any]:
    """Return the request. What not every server knows is only sent where the owner set it."""
    told = [{"role": "system", "content": persona}] if persona else []
    said = [{"role": ROLES[line.role], "content": line.text} for line in prompt.lines]
    return {
        **({"model": model} if model else {}),
        "messages": [*told, *said],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_choosing(prompt.decoding),
    }


def _choosing(decoding: Decoding) -> dict[str, Any]:
    wanted: dict[str, Any] = {"max_tokens": decoding.max_tokens, "temperature": decoding.temperature}
    optional = {"top_p": decoding.top_p, "top_k": decoding.top_k, "repetition_penalty": decoding.repetition_penalty}
    usual = Decoding()
    wanted |= {name: value for name, value in optional.items() if value != getattr(usual, name)}
    return wanted | ({"seed": decoding.seed} if decoding.temperature else {})


async def ask(http: httpx.AsyncClient, body: Mapping[str, Any], until: float) -> AsyncGenerator[Event, None]:
    """Give the events of the answer. Raises `WritingError`; `until` is the loop's time by which it must be done.

    A server that is busy is asked once more, when it says that this helps in time.
    """
    loop = asyncio.get_running_loop()
    async with _translated():
        for last in (False, True):
            async with http.stream("POST", "chat/completions", json=body) as answer:
                pause = _pause(answer)
                if pause is None:
                    async for event in _heard(_read(answer), http.timeout.read):
                        yield event
                    return
            if last or pause > SHARE_WAITED * (until - loop.time()):
                raise Busy("the server has too much to do")
            await asyncio.sleep(pause)


def _pause(answer: httpx.Response) -> float | None:
    """Return `None` for an answer to read, else for how many seconds the server is busy. Raises `WritingError`."""
    status = answer.status_code
    if status in (429, 503):
        return retry_after(answer.headers.get("Retry-After", ""), time.time())
    if status in (401, 403):
        raise Locked(f"the server refuses the key (status {status})")
    if status >= 500:
        raise Unreachable(f"the server is out of order (status {status})")
    if status != 200:
        raise WritingError(f"the server refuses the request (status {status})")  # its own words may quote the person
    return None


def retry_after(header: str, now: float) -> float:
    """Return the seconds that the header asks for, infinite where it does not say."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return float("inf")


async def _heard(answer: AsyncIterator[Event], silence: float | None) -> AsyncIterator[Event]:
    """Give the events while they come. A server that only keeps the line open, with comments, counts as silent."""
    while True:
        try:
            async with asyncio.timeout(silence):
                event = await anext(answer)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Late("the server has not said a word for too long") from None
        yield event


async def _read(answer: httpx.Response) -> AsyncIterator[Event]:
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        async for event in events(answer.aiter_bytes()):
            yield event
        return
    whole = bytearray()  # from a server that does not stream
    async for piece in answer.aiter_bytes():
        whole += piece
        if len(whole) > LARGEST:
            raise WritingError("the server's answer is too large")
    yield read_event(whole.decode("utf-8", "replace"))


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn the library's errors into ours, without their words."""
    try:
        yield
    except httpx.PoolTimeout:
        raise Busy("as many replies as there are connections are being written") from None
    except (httpx.ReadTimeout, httpx.WriteTimeout):
        raise Late("the server has not said a word for too long") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"the server cannot be reached ({type(error).__name__})") from None
