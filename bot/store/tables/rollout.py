"""Versions of models: their stages, which was asked for which reply, and what shadows wrote."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import WORDLESS, Base

ONE_IN_PRODUCTION = text("stage = 'production'")
FAILED = text("failed")


class VersionRow(Base):
    """A version, where it is, and how far it has come. At most one is in production."""

    __tablename__ = "versions"
    __table_args__ = (
        Index(
            "uq_versions_production",
            "stage",
            unique=True,
            sqlite_where=ONE_IN_PRODUCTION,
            postgresql_where=ONE_IN_PRODUCTION,
        ),
    )

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    share: Mapped[float]
    folder: Mapped[str]
    queue: Mapped[str]
    checkpoint: Mapped[str]
    figures: Mapped[str]
    """What was measured of it, as JSON."""
    replaced: Mapped[str] = mapped_column(String(64))
    since: Mapped[float]
    created_at: Mapped[float]


class StagingRow(Base):
    """A change of stage or share, by whom and why. Rows are only ever added."""

    __tablename__ = "stagings"
    __table_args__ = (Index("ix_stagings_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(64))
    was: Mapped[str] = mapped_column(String(16))
    now: Mapped[str] = mapped_column(String(16))
    share: Mapped[float]
    by: Mapped[str]
    why: Mapped[str]
    """A remark of whoever did it."""
    detail: Mapped[str]
    """Why it was done where nobody did it, as JSON."""
    at: Mapped[float]


class AskingRow(Base):
    """Which version was asked for a reply. `failed`: something else than its words was sent."""

    __tablename__ = "askings"
    __table_args__ = (
        Index("ix_askings_version", "version", "at"),
        Index("ix_askings_failed", "version", "at", sqlite_where=FAILED, postgresql_where=FAILED),
        Index("ix_askings_conversation", "conversation_id"),
        WORDLESS,
    )

    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(64))
    failed: Mapped[bool]
    at: Mapped[float]


class ShadowRow(Base):
    """What a shadow would have said in place of a reply; or why it said nothing. Times in milliseconds."""

    __tablename__ = "shadows"
    __table_args__ = (
        Index("ix_shadows_turn", "turn_id"),
        Index("ix_shadows_conversation", "conversation_id"),
        Index("ix_shadows_version", "version", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(64))
    responder: Mapped[str] = mapped_column(String(32))
    """As that of a turn; empty where it gave no reply."""
    reason: Mapped[str]
    text: Mapped[str]
    draft: Mapped[str]
    model: Mapped[str]
    score: Mapped[float]
    finish: Mapped[str] = mapped_column(String(16))
    prompt_tokens: Mapped[int]
    reply_tokens: Mapped[int]
    queued: Mapped[float]
    first: Mapped[float]
    total: Mapped[float]
    at: Mapped[float]
