"""Describes an exception for a log: what, where and why, without anything that a person said."""

from __future__ import annotations

import traceback
from pathlib import Path

from bot.errors import PalaverError

HARMLESS = (
    PalaverError,
    OSError,
    ImportError,
    AttributeError,
    NameError,
    TypeError,
    NotImplementedError,
    TimeoutError,
    MemoryError,
    RecursionError,
)
"""Their messages name things of ours or of the system. Of any other kind it is unknown what they quote."""
LONGEST = 500
FRAMES = 12
CAUSES = 5


def describe(error: BaseException, *, whole: bool = False) -> str:
    """Return the exception's kind and message, its frames (innermost first), then what caused it.

    A message of unknown content is left out unless `whole`.
    """
    lines: list[str] = []
    current: BaseException | None = error
    for _ in range(CAUSES):
        if current is None:
            break
        lines += [_headline(current, whole), *_frames(current), *_members(current, whole)]
        current = _cause(current)
        if current is not None:
            lines.append("because of")
    return "\n".join(lines)


def _headline(error: BaseException, whole: bool) -> str:
    kind, text = type(error).__name__, str(error)
    if not text:
        return kind
    if whole or _harmless(error):
        return f"{kind}: {text if whole else text[:LONGEST]}"
    return f"{kind} (its message is not logged)"


def _harmless(error: BaseException) -> bool:
    """Whether it is ours or Python's own; a library's subclass of OSError may quote anything."""
    pythons = type(error).__module__ in ("builtins", "asyncio.exceptions", "socket", "ssl")
    return isinstance(error, PalaverError) or (pythons and isinstance(error, HARMLESS))


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"  {_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]


def _place(filename: str) -> str:
    """The last three parts: enough to find it, and nothing of whose machine this is."""
    return "/".join(Path(filename).parts[-3:])


def _members(error: BaseException, whole: bool) -> list[str]:
    if not isinstance(error, BaseExceptionGroup):
        return []
    return ["  holds " + line for member in error.exceptions for line in describe(member, whole=whole).splitlines()]


def _cause(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__
