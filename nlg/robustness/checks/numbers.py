"""No number and no code of its own: those of the owner stand as placeholders.

Numbers in figures, and words of five or more capitals and figures. Numbers in words ("two", 三) are not looked at:
most of them count nothing that could be wrong.
"""

from __future__ import annotations

import regex

from nlg.data.acts import PLACEHOLDER
from nlg.robustness.checking import Said

TITLE = "numbers"
SAYS = "No number in figures and no code in capitals that does not stand in the question."
NUMBER = regex.compile(r"\p{Nd}+(?:[.,:]\p{Nd}+)*|(?<![A-Za-z0-9])[A-Z0-9]{5,}(?![A-Za-z0-9])")


def holds(said: Said) -> bool:
    heard = set(_numbers(said.heard))
    return all(number in heard for number in _numbers(PLACEHOLDER.sub(" ", said.reply)))


def _numbers(text: str) -> list[str]:
    return [str(found) for found in NUMBER.findall(text)]
