"""Who works with the admin pages, and what each may do. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user of the admin pages may do; each may also do what those before may."""

    VIEWER = "viewer"
    """Reads conversations and figures."""
    REVIEWER = "reviewer"
    """Judges and corrects replies, and answers people."""
    ADMIN = "admin"
    """Changes models, settings and who may come in."""

    def covers(self, needed: Role) -> bool:
        """Say whether somebody of this role may do what `needed` is asked for."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. `language` and `zone` are empty where the browser's count."""

    id: int
    name: str
    role: Role
    language: str = ""
    zone: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. Times are seconds since 1970."""

    id: int
    user: User
    began_at: float
    seen_at: float
    agent: str
    client: str
    flash: str = ""
