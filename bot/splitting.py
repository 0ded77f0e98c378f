"""Cuts a reply into pieces that a platform takes. The pieces, joined, are the text.

Pieces are shown by themselves, so a cut between a mark of Markdown and the one that closes it would leave both to be
read as they stand: where there is a choice, it is made elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

import regex

from bot.interfaces import Connector
from bot.messages import TextLimit

GRAPHEME = regex.compile(r"\X")
BORDERS = (regex.compile(r"\n\n+"), regex.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*|\n"), regex.compile(r"\s+"))
"""Where to cut, best first: after a paragraph, a sentence or a line, a word."""

FENCE = regex.compile(r"^```", regex.MULTILINE)
INLINE = ("**", "~~", "`")

UNKNOWN_CHANNEL = TextLimit(4000)


def limit_of(connectors: Mapping[str, Connector], channel: str) -> TextLimit:
    """Return what a channel takes in one piece; one that this process does not serve probably takes 4,000."""
    connector = connectors.get(channel)
    return connector.limit if connector else UNKNOWN_CHANNEL


def split(text: str, limit: TextLimit) -> list[str]:
    """Return the pieces in order, none longer than the limit and none of blanks only; an empty text has none.

    Cuts at the latest paragraph, else sentence, else word in the second half of a piece, outside of marks if that can
    be; else between graphemes. A grapheme longer than a whole piece is cut between its characters.
    """
    pieces = []
    rest = text
    while limit.length(rest) > limit.size:
        end = _cut(_fitting(rest, limit))
        pieces.append(rest[:end])
        rest = rest[end:]
    pieces.append(rest)
    return _without_blanks(pieces, limit)


def _fitting(text: str, limit: TextLimit) -> str:
    """Return the longest beginning of whole graphemes that fits, at least one character of it."""
    end = used = 0
    for grapheme in GRAPHEME.finditer(text):
        used += limit.length(grapheme.group())
        if used > limit.size:
            break
        end = grapheme.end()
    return text[:end] if end else _characters(text, limit)


def _characters(text: str, limit: TextLimit) -> str:
    end = 1
    while limit.length(text[: end + 1]) <= limit.size:
        end += 1
    return text[:end]


def _cut(piece: str) -> int:
    found = [_ends(piece, border, len(piece) // 2) for border in BORDERS]
    found += [_ends(piece, border, 0) for border in BORDERS]  # a long mark at the end is better left to the next piece
    whole = (next((end for end in reversed(ends) if not _open(piece[:end])), 0) for ends in found)
    return next(filter(None, whole), 0) or next((ends[-1] for ends in found if ends), len(piece))


def _ends(piece: str, border: regex.Pattern[str], since: int) -> list[int]:
    return [match.end() for match in border.finditer(piece, since) if match.end() > 0]


def _open(text: str) -> bool:
    """Whether the text ends within a mark: a block of code, or one that a line may hold."""
    line = text.rpartition("\n")[2]
    return len(FENCE.findall(text)) % 2 > 0 or any(line.count(mark) % 2 for mark in INLINE)


def _without_blanks(pieces: list[str], limit: TextLimit) -> list[str]:
    """Platforms refuse a piece of blanks only; give them to the piece before where they fit, else drop them."""
    kept: list[str] = []
    for piece in pieces:
        if piece.strip():
            kept.append(piece)
        elif kept and limit.length(kept[-1] + piece) <= limit.size:
            kept[-1] += piece
    return kept
