"""Versions of a model, and which of them answers whom. Standard library only, every value frozen.

One version is in production and answers everybody, except for the shares that canaries have. A shadow answers nobody:
it writes, and what it writes is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.errors import RolloutError
from bot.messages import Address

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""It is also a queue's, and part of commands and addresses."""
MOST_SHARE = 0.99
"""What canaries may have together: without somebody in production there is nothing to compare them with."""


class Stage(StrEnum):
    """How far a version has come."""

    CANDIDATE = "candidate"
    """Known, and asked by whoever names it."""
    SHADOW = "shadow"
    """Writes beside the others; nobody gets to read it but the team."""
    CANARY = "canary"
    """Answers a share of the conversations."""
    PRODUCTION = "production"
    RETIRED = "retired"
    """Never asked."""

    @property
    def answers(self) -> bool:
        return self in (Stage.CANARY, Stage.PRODUCTION)

    @property
    def serves(self) -> bool:
        return self.answers or self is Stage.SHADOW


@dataclass(frozen=True, slots=True)
class Version:
    """One version, by a name that it keeps for good.

    `folder` is where its checkpoint lies, `queue` where its workers take prompts, where there is a broker. `checkpoint`
    is what the model calls itself, `name@version`, and `figures` what was measured of it; both may be unknown here.
    `replaced` is whom it took the place of in production, `since` when it came to its stage, in seconds since 1970.
    """

    name: str
    stage: Stage = Stage.CANDIDATE
    share: float = 0.0
    folder: str = ""
    queue: str = ""
    checkpoint: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    replaced: str = ""
    since: float = 0.0


def named(name: str) -> str:
    """Return the name if a version may bear it. Raises `RolloutError`."""
    if not NAME.fullmatch(name):
        raise RolloutError(f"{name!r} is no name for a version: use a-z, 0-9, dot, dash and underscore, 64 at most.")
    return name


def assigned(address: Address, versions: Sequence[Version]) -> Version | None:
    """Return the version that answers this conversation, `None` where none answers anybody.

    Each canary draws a lot for the conversation, which is always the same, and has it if that is low enough for its
    share of what the canaries before it leave. So everybody gets a version with the probability of its share, in every
    process the same without asking anybody; a version whose share grows keeps whom it has; and who gets one canary is
    no likelier than others to get the next.
    """
    left = 1.0
    for canary in sorted(_canaries(versions), key=lambda version: version.name):
        if _lot(address, canary.name) * left < canary.share:
            return canary
        left -= canary.share
    return production(versions)


def _canaries(versions: Iterable[Version]) -> list[Version]:
    return [version for version in versions if version.stage is Stage.CANARY]


def _lot(address: Address, name: str) -> float:
    """Return a number from 0 to below 1 that is always the same for this conversation and name."""
    words = "\x1f".join((name, address.channel, address.account, address.chat, address.thread))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:6], "big") / 2**48


def production(versions: Iterable[Version]) -> Version | None:
    return next((version for version in versions if version.stage is Stage.PRODUCTION), None)


def moved(versions: Sequence[Version], name: str, to: Stage, share: float = 0.0) -> list[Version]:
    """Return what changes when the version of that name is put to a stage, in the order in which it has to be stored.

    Whoever was in production before retires. Raises `RolloutError`.
    """
    version = _find(versions, name)
    share = share if to is Stage.CANARY else 0.0
    if (version.stage, version.share) == (to, share):
        return []
    if version.stage is Stage.PRODUCTION:
        raise RolloutError(f"{name} is in production. Promote another version, or roll this one back.")
    if to is Stage.CANARY:
        _check_share(versions, name, share)
    before = production(versions)
    if to is not Stage.PRODUCTION or before is None:
        return [replace(version, stage=to, share=share)]
    return [replace(before, stage=Stage.RETIRED), replace(version, stage=to, share=0.0, replaced=before.name)]


def moved_back(versions: Sequence[Version], name: str) -> list[Version]:
    """Return what changes when the version is taken back: from production in favour of the one before it.

    Raises `RolloutError`.
    """
    version = _find(versions, name)
    candidate = replace(version, stage=Stage.CANDIDATE, share=0.0)
    if version.stage in (Stage.CANARY, Stage.SHADOW):
        return [candidate]
    before = next((other for other in versions if other.name == version.replaced), None)
    if version.stage is not Stage.PRODUCTION or before is None:
        raise RolloutError(f"{name} cannot be rolled back: it is {version.stage}, and took nobody's place.")
    return [candidate, replace(before, stage=Stage.PRODUCTION, share=0.0)]


def _find(versions: Sequence[Version], name: str) -> Version:
    for version in versions:
        if version.name == name:
            return version
    known = ", ".join(version.name for version in versions) or "none"
    raise RolloutError(f"There is no version {name!r}. Known are: {known}. Add it with `palaver models add`.")


def _check_share(versions: Sequence[Version], name: str, share: float) -> None:
    if production(versions) is None:
        raise RolloutError(
            "No version is in production, so a canary has nothing to be compared with. Promote one first."
        )
    others = sum(version.share for version in versions if version.name != name)
    if not 0 < share <= MOST_SHARE - others + 1e-9:
        raise RolloutError(f"A canary's share is more than 0, and all canaries have {MOST_SHARE:.0%} at most together.")
