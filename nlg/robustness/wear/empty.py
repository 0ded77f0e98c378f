"""Nothing to answer in place of the last line: blank, a few marks, one emoji. What was said before stays.

People's replies do not answer that. A good reply is any sentence, in the language of the conversation.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking

NOTHING = (
    "", " ", "\n\n", "\t", "\u3000\u3000", "\u200b", "?", "???", "！", "。。。", "...", ".", "，，", "-", "--", "()",
    "\"\"", "*", "/", "~~~", "😀", "👍", "🙏", "❓", "🐶", "❤️", "👨‍👩‍👧", "🇨🇳", "0", "\\n",
)  # fmt: skip


def ways(_: Path) -> Sequence[Way]:
    return (Way("empty", "blank, only punctuation, or one emoji in place of the question", wear, empties=True),)


def wear(example: Example, chance: random.Random) -> Example:
    return replace(asking(example, chance.choice(NOTHING)), replies=())
