"""Text as Telegram counts it: in UTF-16 code units, with entities that point into it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from telegram import MessageEntity

Range = tuple[int, int]
"""Start and end in UTF-16 code units."""

INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
MARK = "\x00"
"""Stands for what is cut out; no text of a person holds it."""
LEADING = re.compile(rf"^[\s{MARK}]*{MARK}[\s,:;，：；、]*")
LINE_START = re.compile(rf"(?<=\n){MARK}[ \t]*")
ELSEWHERE = re.compile(rf"[ \t]*{MARK}")

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![\w/@<>])")
"""A command at the beginning of a text, as Telegram's own apps recognise one."""


def mentions(text: str, entities: Sequence[MessageEntity], bot: int, username: str) -> list[Range]:
    """Return where the bot is mentioned, by its username or (text_mention) by its id."""
    found = []
    for entity in entities:
        place = (entity.offset, entity.offset + entity.length)
        by_name = entity.type == MessageEntity.MENTION and _slice(text, place).lower() == f"@{username}".lower()
        by_id = entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot
        if by_name or by_id:
            found.append(place)
    return found


def without(text: str, places: Sequence[Range]) -> str:
    """Return the text without these places, and without the blanks and the comma that they leave behind."""
    if not places:
        return text
    units, kept, at = text.encode("utf-16-le"), "", 0
    for start, end in sorted(places):
        kept += units[2 * at : 2 * start].decode("utf-16-le") + MARK
        at = max(at, end)
    kept += units[2 * at :].decode("utf-16-le")
    return ELSEWHERE.sub("", LINE_START.sub("", LEADING.sub("", kept))).strip()


def blank(text: str) -> bool:
    """Return whether a person sees nothing: spaces, zero-width characters, invisible letters."""
    return all(char in INVISIBLE_LETTERS or _unseen(unicodedata.category(char)) for char in text)


def _unseen(category: str) -> bool:
    return category[0] == "Z" or category in ("Cc", "Cf")


def _slice(text: str, place: Range) -> str:
    """Return the text at a place; what cannot be a place in it is empty."""
    start, end = place
    piece = text.encode("utf-16-le")[2 * start : 2 * end] if 0 <= start < end else b""
    return piece.decode("utf-16-le", "replace")
