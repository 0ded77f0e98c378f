"""What a person of the team should look at."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import WORDLESS, Base


class AlertRow(Base):
    """Something that a person of the team should look at. It holds no words, only the rule.

    While it is open, the same thing happening again counts up instead of making another.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_open",
            "conversation_id",
            "kind",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        WORDLESS,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    times: Mapped[int]
    at: Mapped[float]
    last_at: Mapped[float]
    told_at: Mapped[float | None]
    """When it was put into the outbox for the places that the settings name."""
    closed_at: Mapped[float | None]
    closed_by: Mapped[str | None]
