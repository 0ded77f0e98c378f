"""Steps of the log's pipeline that keep words and secrets out of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any

from bot.operations.exceptions import describe
from bot.operations.redaction import Redactor

WORDS = frozenset({"text", "body", "draft", "prompt", "words", "content", "argument", "reply", "said", "message"})
"""Names of values that hold what people said: only their length is logged."""


def first_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the first line of what a library says: asyncio puts an exception's repr, words and all, into the next."""
    event["event"] = next(iter(str(event.get("event", "")).splitlines()), "")
    return event


class Exceptions:
    """Replaces `exc_info` by lines that hold no local values and no message that may quote a person."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        error = _exception(event.pop("exc_info", None))
        if error is not None:
            event["exception"] = describe(error, whole=self._whole)
        return event


def _exception(info: object) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1] if isinstance(info[1], BaseException) else None
    return sys.exc_info()[1] if info else None


class Discretion:
    """Hides secrets everywhere, and people's words where their name gives them away or a whole object came along."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        meta = {name: value for name, value in event.items() if name.startswith("_")}
        return {name: self._named(name, value) for name, value in event.items() if name not in meta} | meta

    def _named(self, name: str, value: object) -> object:
        if name in WORDS and isinstance(value, str | bytes):
            return f"<{len(value)} long>"
        return self._shown(value)

    def _shown(self, value: object) -> object:
        if isinstance(value, Mapping):
            return {str(key): self._named(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._shown(item) for item in value]
        if value is None or (isinstance(value, bool | int | float) and not isinstance(value, Enum)):
            return value
        return self._redactor.clean(_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, str | PurePath | date):
        return str(value)
    if isinstance(value, BaseException):
        return describe(value).splitlines()[0]
    return f"<{type(value).__name__}>"
