"""Makes visible what a text holds and does not show: controls, tricks of direction, hidden tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import name

import regex

HIDDEN = regex.compile(
    r"[\p{Cc}--[\n\t]]|[\p{Cf}--[\u200C\u200D]]|\p{Co}|\p{Cn}|[\u115F\u1160\u2800\u3164\uFFA0]"
    r"|(?<!\p{Emoji}\uFE0F?|\p{Emoji_Modifier}|\p{L}|\p{M})[\u200C\u200D]|[\u200C\u200D](?!\p{Emoji}|\p{L})",
    regex.V1,
)
"""Joiners between letters or parts of an emoji belong to them, and are not hidden."""
FLAG = regex.compile(r"\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F")
"""Flags of regions are written with tags: there they are no trick."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a text. With a `sign` it is one that cannot be seen: its code; `name` is what Unicode calls it.

    `hit` says that it was searched for.
    """

    text: str
    sign: str = ""
    name: str = ""
    hit: bool = False


def visible(text: str) -> list[Stretch]:
    """Cut a text into what can be seen and what cannot."""
    return list(_stretches(text))


def _stretches(text: str) -> Iterator[Stretch]:
    flags = [match.span() for match in FLAG.finditer(text)]
    start = 0
    for match in HIDDEN.finditer(text):
        if any(begin <= match.start() < end for begin, end in flags):
            continue
        if match.start() > start:
            yield Stretch(text[start : match.start()])
        yield _sign(match[0])
        start = match.end()
    if start < len(text):
        yield Stretch(text[start:])


def _sign(character: str) -> Stretch:
    code = f"U+{ord(character):04X}"
    return Stretch(character, code, name(character, code).capitalize())
