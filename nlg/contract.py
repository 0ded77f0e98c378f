"""What the bot asks of a model, and what comes back.

This is the one place where `bot` and `nlg` meet. Standard library only, so that a bot without models needs no torch.
Every value here is frozen, is plain JSON on the wire, and `from_wire(to_wire(x)) == x`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

GENERATE_TASK = "nlg.generate"
"""Name of the Celery task that turns a prompt into a draft."""

STOP_TASK = "nlg.stop"
"""Name of the Celery broadcast that stops a prompt that is being written."""


class Role(StrEnum):
    """Who said a line of the prompt."""

    USER = "user"
    ASSISTANT = "assistant"


class Finish(StrEnum):
    """Why the model stopped writing."""

    END = "end"
    """The model closed its reply."""
    LENGTH = "length"
    """The most tokens allowed were written."""
    STOPPED = "stopped"
    """Somebody asked it to stop; the text so far is kept."""
    DEADLINE = "deadline"
    """The time allowed ran out; the text so far is kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said in the conversation, oldest first in a prompt."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to choose tokens. `temperature` 0 is greedy; a seed makes sampling repeatable.

    The reply ends before the first text of `stop` that it would hold.
    """

    max_tokens: int = 96
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", tuple(self.stop))  # JSON brings lists


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model: the lines of one conversation, and how long the answer may take, in seconds.

    `system` is told first to a model that takes such a text, in the place of its writer's own; others never see it.
    """

    id: str
    lines: tuple[Line, ...]
    seconds: float
    language: str = ""
    decoding: Decoding = field(default_factory=Decoding)
    system: str = ""

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Prompt:
        """Raise `KeyError`, `TypeError` or `ValueError` when `wire` was not written by `to_wire`."""
        lines = tuple(Line(Role(line["role"]), str(line["text"])) for line in wire["lines"])
        decoding = Decoding(**wire["decoding"])
        system = str(wire.get("system", ""))  # an older bot says nothing of it
        return cls(str(wire["id"]), lines, float(wire["seconds"]), str(wire["language"]), decoding, system)


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time went, in milliseconds: waiting for a slot, until the first token, until the last."""

    queued: float = 0.0
    first: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote. `score` is the mean log-probability of its tokens; `model` is `name@version`."""

    id: str
    text: str
    score: float
    model: str
    finish: Finish
    prompt_tokens: int = 0
    reply_tokens: int = 0
    timing: Timing = field(default_factory=Timing)
    odds: tuple[tuple[str, float], ...] = ()
    """The text in pieces that hold whole characters, each with the log-probability of its tokens, where they are known.

    Joined they are the text, but for spaces at its ends.
    """
    instead: str = ""
    """Whoever was asked before and gave no whole reply, and why; empty where the first writer wrote it."""

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Draft:
        """Raise `KeyError`, `TypeError` or `ValueError` when `wire` was not written by `to_wire`."""
        odds = tuple((str(text), float(odds)) for text, odds in wire.get("odds", ()))
        values = {**wire, "finish": Finish(wire["finish"]), "timing": Timing(**wire["timing"]), "odds": odds}
        return cls(**values)


OnChunk = Callable[[str], None]
"""Called with the text written since the last call; never splits a grapheme. May be called from another thread."""


class WritingError(Exception):
    """No draft came of a prompt. `reason` is one word that is stored with the reply that was given instead."""

    reason = "failed"


class Busy(WritingError):
    """More prompts wait than can be answered in time."""

    reason = "busy"


class Late(WritingError):
    """No draft arrived within the time the prompt allowed."""

    reason = "late"


class Unreachable(WritingError):
    """The broker or the workers cannot be reached."""

    reason = "unreachable"


class Writer(Protocol):
    """Whoever turns prompts into drafts: the engine in this process, or workers behind a broker."""

    @property
    def trouble(self) -> str:
        """Why no prompt can be written now (the model loads, the broker is away); empty when all is well."""
        ...

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        """Return the draft, or raise `WritingError`. Cancelling the call stops the model within a few tokens."""
        ...

    async def stop(self, prompt_id: str) -> None:
        """Make the writing of this prompt end early with what it has. Unknown prompts are ignored."""
        ...

    async def close(self) -> None:
        """Finish what is being written and let go of model, threads and connections."""
        ...
