"""What people think of replies."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class FeedbackRow(Base):
    """One person's opinion of one reply. Only the last one counts; who takes it back has none."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_thumb", "thumb", "changed_at"),)

    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    sender: Mapped[str] = mapped_column(primary_key=True)
    thumb: Mapped[str] = mapped_column(String(8))
    """`up` or `down`."""
    at: Mapped[float]
    changed_at: Mapped[float]
