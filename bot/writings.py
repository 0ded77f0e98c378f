"""What is kept of how a draft came about."""

from __future__ import annotations

from bot.messages import Writing
from nlg.contract import Draft


def writing_of(draft: Draft) -> Writing:
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
    )
