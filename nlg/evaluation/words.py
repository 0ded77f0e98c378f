"""Cuts texts into what is counted: words and signs, and in Chinese characters.

A placeholder is one word, as it will be when its value is put in. As it stands, it would be seven (`{`, `{`, `order`,
`_`, `page`, `}`, `}`), so that any two placeholders had most of their words in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from nlg.data.acts import PLACEHOLDER

CHINESE = "zh"
SLOT = "slot"
UNITS = regex.compile(r"(?V1)\p{Han}|[\w--\p{Han}]+(?:['’-][\w--\p{Han}]+)*|[^\s\w]")
"""A Chinese character; a word or number of other writing, such as don't; any other sign."""


def is_chinese(language: str) -> bool:
    """Whether texts of that language (`zh`, `zh-TW`) are counted in characters."""
    return language.startswith(CHINESE)


def spoken(text: str) -> str:
    """The text with a word for each placeholder: `{{order_page}}` is `slotorderpage`."""
    return PLACEHOLDER.sub(lambda found: f" {SLOT}{found[1].replace('_', '').lower()} ", text)


def units(text: str) -> list[str]:
    """The words and signs of a text in small letters; of Chinese the characters."""
    return UNITS.findall(spoken(text).lower())


def grams(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """All runs of `size` words."""
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))
