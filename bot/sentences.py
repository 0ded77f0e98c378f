"""Cuts a text into its sentences and lines. Joined they are the text, so nothing is lost of how it was written."""

from __future__ import annotations

from itertools import pairwise

import regex

_CLOSING = r"[\"'”’»)\]」』）]"
_ABBREVIATED = r"(?i:\b(?:approx|e\.g|i\.e|etc|vs|mr|mrs|ms|dr|st|max|min|incl|excl|[ap]\.m)\.)"
_LISTED = r"(?:^|[\s。！？；：])\d{1,2}\."
BORDER = regex.compile(
    rf"(?<=[.!?]{_CLOSING}?)(?<!{_LISTED})(?<!{_ABBREVIATED})"
    r"(?:\s+(?=[\p{Lu}\p{Han}\p{Sc}{\"“‘(])|(?<!(?i:\bnos?\.))\s+(?=\d))"
    rf"|(?<=[。！？]{_CLOSING}?)(?!{_CLOSING}|[。！？])\s*"
    r"|\n\s*"
)
"""Not after `e.g.`, `No. 7` or the mark of a list: what follows belongs to it."""

MARK = regex.compile(r"\s*(?:(?:[(（]?[1-9]\d?[.)）、．](?![\d.])|[①-⑨]|[-•*](?=\s))\s*)?")
"""The mark of a list, where a sentence begins with one."""


def sentences(text: str) -> list[str]:
    """Return the sentences, each with the blanks that follow it."""
    places = [0, *(border.end() for border in BORDER.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(places) if start < end]


def without_mark(sentence: str) -> str:
    """Return the sentence without the mark of a list: taken alone, it would be a number that came from nowhere."""
    return MARK.sub("", sentence, count=1)


def instead(sentence: str, words: str) -> str:
    """Return other words in the place of a sentence, with its mark of a list and the blanks after it."""
    marked = MARK.match(sentence)
    return (marked[0] if marked else "") + words + sentence[len(sentence.rstrip()) :]
