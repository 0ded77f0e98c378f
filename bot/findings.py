"""What an examination finds. `palaver doctor` shows these; any room may make them. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """Works, but not as well as it could."""
    FAIL = "fail"
    """Does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do next; it may be empty only where all is well."""

    subject: str
    level: Level
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(subject, Level.OK, text)


def warn(subject: str, text: str, advice: str) -> Finding:
    return Finding(subject, Level.WARN, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    return Finding(subject, Level.FAIL, text, advice)
