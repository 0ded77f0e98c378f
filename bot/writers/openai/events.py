"""Reads a stream of chat completions: server-sent events whose data are JSON. Pure but for the bytes it is given.

Format: https://platform.openai.com/docs/api-reference/chat-streaming; the events: WHATWG HTML, section 9.2.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from nlg.contract import WritingError

END = "[DONE]"
LONGEST_LINE = 1_000_000
"""Bytes. No honest server writes so much at once."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one event adds. `read` and `written` count tokens, where the server tells them; `model` may be empty."""

    text: str = ""
    finish: str = ""
    model: str = ""
    fingerprint: str = ""
    read: int = 0
    written: int = 0


async def events(body: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Give the events up to the end that the server announces, or where the body ends. Raises `WritingError`."""
    data: list[str] = []
    async for line in _lines(body):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            whole, data = "\n".join(data), []
            if whole == END:
                return
            yield read_event(whole)
    if data and "\n".join(data) != END:
        yield read_event("\n".join(data))


def read_event(data: str) -> Event:
    """Read a chunk of a stream, or a whole completion. Raises `WritingError` whose text holds nothing of it."""
    try:
        value = json.loads(data)
        return _event(value)
    except RecursionError:
        raise WritingError("the server's answer is nested too deeply") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise WritingError("the server's answer is no chat completion") from None


def _event(value: dict[str, Any]) -> Event:
    if value.get("error"):
        raise WritingError("the server reports an error in the middle of its answer")
    usage = value.get("usage") or {}
    choice: dict[str, Any] = next(iter(value.get("choices") or ()), {})
    said = choice.get("delta") or choice.get("message") or {}
    return Event(
        text=_text(said.get("content")),
        finish=_text(choice.get("finish_reason")),
        model=_text(value.get("model")),
        fingerprint=_text(value.get("system_fingerprint")),
        read=int(usage.get("prompt_tokens") or 0),
        written=int(usage.get("completion_tokens") or 0),
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Split at line feeds only: a text may hold other characters that Python takes for the end of a line."""
    rest = b""
    async for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield _decoded(line)
        if len(rest) > LONGEST_LINE:
            raise WritingError("the server's answer has no end of a line")
    if rest:
        yield _decoded(rest)


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
