"""What is kept of how a draft came about."""

from __future__ import annotations

from dataclasses import asdict

from bot.messages import Asked, Writing
from nlg.contract import Decoding, Draft, Line, Prompt, Role


def writing_of(draft: Draft, prompt: Prompt | None = None) -> Writing:
    """Return what is kept of a draft; with its prompt, so that it can be written again."""
    timing = draft.timing
    return Writing(
        draft.model,
        draft.score,
        draft.finish,
        draft.prompt_tokens,
        draft.reply_tokens,
        timing.queued,
        timing.first,
        timing.total,
        asked_of(prompt) if prompt else None,
        draft.odds,
    )


def asked_of(prompt: Prompt) -> Asked:
    lines = tuple((line.role.value, line.text) for line in prompt.lines)
    return Asked(lines, prompt.language, tuple(asdict(prompt.decoding).items()))


def prompt_of(asked: Asked, question: str, seconds: float) -> Prompt:
    """Ask the same again. Raises `TypeError` or `ValueError` for what an older or newer version asked differently."""
    lines = tuple(Line(Role(role), text) for role, text in asked.lines)
    return Prompt(question, lines, seconds, asked.language, Decoding(**dict(asked.decoding)))  # type: ignore[arg-type]
