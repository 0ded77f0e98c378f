"""What is said: the talks that ship with the package, English and Chinese, with names and numbers put in."""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import nlg

CORPORA = Path(nlg.__file__).parent / "corpora"
LANGUAGES = {"en": 0.6, "zh": 0.4}
NAMES = {
    "en": ("Amelia", "Ben", "Chiara", "Dmitri", "Esther", "Farid", "Grace", "Hugo", "Ines", "Jonas"),
    "zh": ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵娜", "黄勇", "周涛", "吴霞"),
}
ASIDES = {
    "en": ("My order is A-{number}.", "It is {name} here.", "I paid {number} for it.", "{name} told me so."),
    "zh": ("我的订单号是A-{number}。", "我是{name}。", "我付了{number}块。", "{name}跟我说的。"),
}

Lines = Sequence[tuple[str, str]]
"""Who says it (`user` or `assistant`), and what."""


@cache
def talks(language: str) -> list[Lines]:
    path = CORPORA / f"palaver_talks_{language}.train.jsonl.xz"
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [[(turn["role"], turn["text"]) for turn in json.loads(line)["turns"]] for line in file]


def conversation(chance: random.Random, language: str) -> Iterator[tuple[str, str]]:
    """One to four talks, one after the other, as somebody comes back."""
    for talk in chance.choices(talks(language), k=chance.choice((1, 1, 2, 2, 3, 4))):
        for role, text in talk:
            yield role, f"{text} {_aside(chance, language)}" if role == "user" and chance.random() < 0.3 else text


def _aside(chance: random.Random, language: str) -> str:
    aside = chance.choice(ASIDES[language])
    return aside.format(name=chance.choice(NAMES[language]), number=chance.randrange(10_000, 9_999_999))
