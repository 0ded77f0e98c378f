"""What a bot and a worker say to each other. Plain JSON; anything may be lost, repeated or forged without harm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from nlg.contract import Decoding, Draft, Prompt

VERSION = 1
REPLY_QUEUES = "nlg.reply."
"""What the name of every reply queue begins with, so that nobody can make a worker write into another queue."""

MOST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt on its way to some worker. Its id is used for this asking only; `run` counts from 1.

    `sent` is the asker's clock in seconds since 1970; without it the prompt cannot be too old.
    """

    prompt: Prompt
    reply_to: str
    run: int = 1
    sent: float | None = None

    def waited(self, now: float) -> float:
        """Return the seconds since it was sent, 0 where that is not known."""
        return 0.0 if self.sent is None else max(0.0, now - self.sent)

    def left(self, now: float) -> Prompt:
        """Return the prompt with the seconds that are left at `now`, zero or fewer when it is too late."""
        return replace(self.prompt, seconds=self.prompt.seconds - self.waited(now))

    def to_wire(self) -> dict[str, Any]:
        return {"v": VERSION, **asdict(self)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Ask:
        """Raise `KeyError`, `TypeError` or `ValueError` when `wire` was not written by `to_wire`."""
        _check_version(wire)
        prompt, sent = Prompt.from_wire(wire["prompt"]), wire["sent"]
        if not 0.0 < prompt.seconds <= MOST_SECONDS or not prompt.lines:
            raise ValueError("a prompt needs a line and a time within the hour")
        _check_decoding(prompt.decoding)
        if not str(wire["reply_to"]).startswith(REPLY_QUEUES):
            raise ValueError("not a reply queue")
        return cls(prompt, str(wire["reply_to"]), int(wire["run"]), None if sent is None else _finite(sent))


class Kind(StrEnum):
    """What a reply to an ask is."""

    CHUNK = "chunk"
    """Some more text; `at` says how many characters came before it, so that gaps and repeats are noticed."""
    DRAFT = "draft"
    """The whole draft; nothing follows."""
    ERROR = "error"
    """No draft comes, for `reason`."""


LEAVING = "leaving"
"""Reason of a worker that shuts down: ask another one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says about one run of a prompt."""

    kind: Kind
    id: str
    run: int
    at: int = 0
    text: str = ""
    draft: Draft | None = None
    reason: str = ""

    def to_wire(self) -> dict[str, Any]:
        return {"v": VERSION, **asdict(self)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Reply:
        """Raise `KeyError`, `TypeError` or `ValueError` when `wire` was not written by `to_wire`."""
        _check_version(wire)
        kind = Kind(wire["kind"])
        draft = Draft.from_wire(wire["draft"]) if kind is Kind.DRAFT else None
        text, reason = str(wire["text"]), str(wire["reason"])
        return cls(kind, str(wire["id"]), int(wire["run"]), int(wire["at"]), text, draft, reason)


def _check_version(wire: Mapping[str, Any]) -> None:
    if wire["v"] != VERSION:
        raise ValueError("written by another version")


def _check_decoding(decoding: Decoding) -> None:
    """A forged value must not reach an engine that writes for others at the same time."""
    if not all(type(text) is str for text in decoding.stop):
        raise TypeError("stop is not of texts")
    for entry in (entry for entry in fields(Decoding) if entry.name != "stop"):
        value, kinds = getattr(decoding, entry.name), (int, float) if entry.type == "float" else (int,)
        if type(value) not in kinds or not math.isfinite(value):
            raise TypeError(f"{entry.name} is not a number of its kind")


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a time")
    return number
