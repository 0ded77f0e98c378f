"""All capitals, all small letters, no punctuation, no spaces between words, or a space after each Chinese character.

One of those that change anything, by chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import regex

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking

KEPT = regex.compile(r"(\{\{\w+\}\})")
MARKS = regex.compile(r"\p{P}+")
BETWEEN = regex.compile(r"(?<=\p{Han})(?=\p{Han})")


def ways(_: Path) -> Sequence[Way]:
    return (Way("case and marks", "all capitals or small, without punctuation, or without spaces", wear),)


def wear(example: Example, chance: random.Random) -> Example:
    text = example.lines[-1].text
    changed = [other for change in CHANGES if (other := _outside(text, change)) != text and other.strip()]
    return asking(example, chance.choice(changed)) if changed else example


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Change what stands outside of placeholders."""
    return "".join(part if KEPT.fullmatch(part) else change(part) for part in KEPT.split(text))


def unmarked(text: str) -> str:
    """Without punctuation; a space stands where a mark parted two words."""
    return " ".join(str(MARKS.sub(" ", text)).split())


def joined(text: str) -> str:
    """Without spaces."""
    return "".join(text.split())


def spread(text: str) -> str:
    """With a space between Chinese characters."""
    return str(BETWEEN.sub(" ", text))


CHANGES: Sequence[Callable[[str], str]] = (str.upper, str.lower, unmarked, joined, spread)
