"""Slips of fingers: a neighbouring key, two letters swapped, a letter dropped or doubled; in Chinese a wrong character
of the same sound, as input methods offer it, or one dropped.

One word in four (that has four letters or more) and one Chinese character in eight; at least one slip where there is
anything to slip on. Placeholders and addresses stay.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import regex

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SOUNDS = (
    "的得地", "在再", "做作坐", "他她它", "有又友", "是事试", "以已", "到道倒", "货或获", "单但丹", "退推腿", "快块筷",
    "递第弟", "订定丁", "账帐涨", "号好浩", "密蜜", "码马吗", "款宽", "收手首", "寄记计", "换患幻", "改该盖", "买卖麦",
    "钱前千", "付副富", "优悠", "惠会汇", "券劝", "客刻课", "服福复", "发法罚", "票飘", "送松", "查茶差", "询寻讯",
    "物务误", "流留刘", "地第", "址只纸", "修休秀", "理里礼", "支只知", "店点电", "开凯", "坏怀", "没每美", "还孩",
    "能嫩", "怎则", "么吗", "请情清", "问闻文", "几机记", "天填", "要药", "想像向", "取去", "消小", "时十", "间见件",
)  # fmt: skip
"""Characters that sound alike, tones aside, or that people mistake for each other."""
ALIKE = {sign: row.replace(sign, "") for row in reversed(SOUNDS) for sign in row}
UNITS = regex.compile(
    r"(?P<kept>\{\{\w+\}\}|https?://\S+|\S+@\S+)|(?P<word>\p{Latin}{4,})|(?P<han>\p{Han})", regex.IGNORECASE
)
WORDS, CHARACTERS = 0.25, 0.125


def ways(_: Path) -> Sequence[Way]:
    return (Way("typos", "neighbouring keys, swapped and dropped letters; in Chinese wrong homophones", wear),)


def wear(example: Example, chance: random.Random) -> Example:
    return asking(example, slipped(example.lines[-1].text, chance))


def slipped(text: str, chance: random.Random) -> str:
    """The text with slips; the same where there is nothing to slip on."""
    places = [found for found in UNITS.finditer(text) if found["kept"] is None]
    chosen = {found.start() for found in places if chance.random() < (WORDS if found["word"] else CHARACTERS)}
    chosen |= {chance.choice(places).start()} if places and not chosen else set()
    return UNITS.sub(lambda found: _slip(found, chance) if found.start() in chosen else found[0], text)


def _slip(found: regex.Match[str], chance: random.Random) -> str:
    return _word(found[0], chance) if found["word"] else _sign(found[0], chance)


def _sign(sign: str, chance: random.Random) -> str:
    return chance.choice(ALIKE[sign]) if sign in ALIKE else ""


def _word(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    slips: tuple[Callable[[str, int, random.Random], str], ...] = (_neighbour, _swapped, _dropped, _doubled)
    return chance.choice(slips)(word, at, chance)


def _neighbour(word: str, at: int, chance: random.Random) -> str:
    row = next((row for row in KEYS if word[at].lower() in row), word[at])
    place = row.find(word[at].lower())
    near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    return word[:at] + (chance.choice(near) if near else "") + word[at + 1 :]


def _swapped(word: str, at: int, _: random.Random) -> str:
    """Two of the same letter cannot be seen to be swapped: then one is dropped."""
    if word[at] == word[at + 1]:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, at: int, _: random.Random) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, _: random.Random) -> str:
    return word[: at + 1] + word[at:]
