"""People who all write at once, on a platform that enforces its limits; how they are addressed is the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Counts:
    """What the platform counted. `refused` are the 429 that were our own doing, `by_chance` the faults by status.

    `posts`, `edits`: calls that write, however they ended.
    """

    refused: int
    by_chance: Mapping[int, int]
    posts: int
    edits: int

    @property
    def rates(self) -> str:
        """How often a call went wrong, by kind."""
        if not self.by_chance:
            return "no faults"
        calls = self.posts + self.edits
        kinds = {"429": self.by_chance.get(429, 0), "lost after being taken": self.by_chance.get(0, 0)}
        kinds["5xx"] = sum(count for status, count in self.by_chance.items() if status >= 500)
        return ", ".join(f"{count} ({100 * count / max(1, calls):.1f}%) {kind}" for kind, count in kinds.items())


class Crowd(Protocol):
    """So many people, numbered from 0."""

    channel: str

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None: ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings with which a bot serves them."""
        ...

    async def ready(self) -> None:
        """Return once the bot hears them."""
        ...

    async def ask(self, number: int) -> None: ...

    def seen(self, number: int) -> list[str]:
        """What the bot has said to a person, message by message, as it stands there at the end."""
        ...

    def first(self, number: int) -> float:
        """When the person saw the first words of an answer, in monotonic seconds; infinite where they never did."""
        ...

    def counts(self) -> Counts: ...


def question(number: int) -> str:
    return f"question {number} of the flood"
