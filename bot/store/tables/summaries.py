"""What was said in long conversations before what a model still reads, in short."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class SummaryRow(Base):
    """The summary of a conversation's turns up to one of them. It holds words, and goes with them."""

    __tablename__ = "summaries"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    until_seq: Mapped[int]
    """The number of the last turn that it tells of ..."""
    said_at: Mapped[float]
    """... and when that was said."""
    text: Mapped[str]
    model: Mapped[str] = mapped_column(String(200))
    at: Mapped[float]
