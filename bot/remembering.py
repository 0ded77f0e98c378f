"""How much of a conversation the model is told: one session, and as much of it as fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import regex
from pydantic import Field

from bot.messages import Turn
from bot.settings import Section
from nlg.contract import Line

WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
LETTERS = 4
"""Letters of an alphabet that make up a token, roughly; a Chinese character is one."""


class TalkSettings(Section, env_prefix="PALAVER_TALK_", table="talk"):
    """`hours` of silence end a session: what was said before is not told the model any more (0: never).

    `tokens` of a conversation are told it at most, whole lines only (0: as many as the model takes). They are
    estimated, for the bot has no tokenizer: a model that takes fewer cuts further.

    `summary`: who sums up what does not fit any more, in `summary_tokens` at most: `model` (the one that answers
    there), or a writer such as `openai` or `celery:large`; empty: nobody.
    """

    hours: float = 24.0
    tokens: int = 2000
    summary: str = ""
    summary_tokens: int = Field(200, ge=20, le=2000)


def of_session(past: Sequence[Turn], waiting: Sequence[Turn], hours: float) -> tuple[Turn, ...]:
    """Return the turns since the last silence of so many hours."""
    if hours <= 0:
        return tuple(past)
    following = [*past, *waiting[:1]]
    begins = [at for at in range(1, len(following)) if following[at].at - following[at - 1].at > timedelta(hours=hours)]
    return tuple(past[begins[-1] :] if begins else past)


def fitting(lines: Sequence[Line], tokens: int) -> tuple[Line, ...]:
    """Return the newest lines that fit together; the last one always stays."""
    if tokens <= 0:
        return tuple(lines)
    used, kept = 0, 0
    for line in reversed(lines):
        used += estimate(line.text)
        if kept and used > tokens:
            break
        kept += 1
    return tuple(lines[len(lines) - kept :])


def leaving(turns: Sequence[Turn], tokens: int, most: int) -> Sequence[Turn]:
    """Return the oldest turns where not all fit into so many tokens, or there are `most`: what is about to be cut.

    Those that take up half of the room stay, so that not every message has something leave.
    """
    if len(turns) < most and (tokens <= 0 or sum(estimate(turn.text) for turn in turns) <= tokens):
        return ()
    used, stay = 0, 0
    for turn in reversed(turns):
        used += estimate(turn.text)
        if (tokens > 0 and used > tokens // 2) or stay >= most // 2:
            break
        stay += 1
    return turns[: len(turns) - max(1, stay)]


def clipped(text: str, tokens: int) -> str:
    """Return as much of a text as fits into so many tokens, up to the end of a sentence where there is one."""
    if estimate(text) <= tokens:
        return text
    while estimate(text) > tokens:
        text = text[: max(1, len(text) * tokens // estimate(text) - 1)]
    whole = text[: max((text.rfind(mark) for mark in ".!?。！？\n"), default=-1) + 1]
    return (whole or text).rstrip()


def estimate(text: str) -> int:
    """Return about how many tokens a model makes of a text."""
    wide = len(WIDE.findall(text))
    return wide + -(-(len(text) - wide) // LETTERS) + 1
