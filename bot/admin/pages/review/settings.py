"""What counts as a doubtful reply."""

from __future__ import annotations

from bot.settings import Section


class ReviewSettings(Section, env_prefix="PALAVER_REVIEW_", table="review"):
    """`low_score`: replies whose mean log-probability is below it come early in the queue of reviews."""

    low_score: float = -1.0
