"""What people put around a question: greetings, emoji, letters drawn out, a row of marks. Two of them each time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import regex

from nlg.data.examples import Example
from nlg.robustness.wearing import Way, asking, chinese

GREETINGS = {
    "en": (
        "Hi there! ", "hello?? ", "Good morning, hope you're well. ", "Hey hey, ", "Dear team, ", "helloooo ",
        "Hi, me again, ", "Hi! Sorry to bother you, ", "yo ", "Good evening everyone. So, ",
    ),
    "zh": (
        "你好你好，", "亲，在吗？", "哈喽哈喽～", "老板好！", "在不在在不在，", "早上好呀，打扰一下，",
        "客服小姐姐你好，", "嗨，又是我，", "您好，不好意思打扰了。", "有人吗有人吗，",
    ),
}  # fmt: skip
EMOJI = ("😭", "🙏🙏", "😡😡😡", "🤔", "😂😂", "❤️", "👀", "🎉🎁", "😩", "🐶", "✨✨", "💦", "🙄", "👍👍👍")
ENDS = {
    "en": ("!!!!", "???", "... lol", " pls pls pls", "!?!?", " thx"),
    "zh": ("！！！！", "？？？", "……", "啊啊啊啊", "～～～", "哈哈哈哈"),
}
VOWEL = regex.compile(r"(?<!\{\{\w*)[aeiouAEIOU](?!\w*\}\})")
LAST = regex.compile(r"[呢吗啊吧了的呀](?=\W*$)")


def ways(_: Path) -> Sequence[Way]:
    return (Way("noise", "greetings, emoji, letters drawn out, rows of marks", wear),)


def wear(example: Example, chance: random.Random) -> Example:
    text, language = example.lines[-1].text, "zh" if chinese(example) else "en"
    for change in chance.sample((_greeted, _smiled, _drawn_out, _ended), 2):
        text = change(text, language, chance)
    return asking(example, text)


def _greeted(text: str, language: str, chance: random.Random) -> str:
    return chance.choice(GREETINGS[language]) + text


def _smiled(text: str, _: str, chance: random.Random) -> str:
    one, two = chance.choice(EMOJI), chance.choice(EMOJI)
    return chance.choice((f"{text} {one}", f"{one} {text}", f"{one}{text}{two}"))


def _drawn_out(text: str, language: str, chance: random.Random) -> str:
    """One vowel, or the last particle, three to six times."""
    places = list((LAST if language == "zh" else VOWEL).finditer(text))
    if not places:
        return text + chance.choice(ENDS[language])
    at = chance.choice(places).start()
    return text[:at] + text[at] * chance.randint(3, 6) + text[at + 1 :]


def _ended(text: str, language: str, chance: random.Random) -> str:
    return text + chance.choice(ENDS[language])
