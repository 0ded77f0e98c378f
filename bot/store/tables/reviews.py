"""What the team thinks of replies, and what was exported of it. Nothing is overwritten: what was said before stays."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import WORDLESS, Base


class ReviewRow(Base):
    """What one reviewer said of one reply at one time; `replaced_at` is NULL for what counts now."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_turn", "turn_id", "reviewer_id"),
        Index("ix_reviews_conversation", "conversation_id"),
        {"info": {"words": {"note": "", "correction": "", "tags": "[]"}}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("admin_users.id"))
    role: Mapped[str] = mapped_column(String(16))
    """The reviewer's role at that time."""
    verdict: Mapped[str] = mapped_column(String(8))
    tags: Mapped[str]
    """A JSON list."""
    note: Mapped[str]
    correction: Mapped[str]
    flagged: Mapped[bool]
    reviewed: Mapped[bool]
    """False for a reply that the reviewer put off."""
    at: Mapped[float]
    replaced_at: Mapped[float | None]


class MarkRow(Base):
    """How a conversation stands: flagged, reviewed, and whose it is."""

    __tablename__ = "review_marks"
    __table_args__ = (
        Index("ix_review_marks_assignee", "assignee_id"),
        Index("ix_review_marks_flagged", "flagged"),
        WORDLESS,
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    flagged: Mapped[bool]
    reviewed_at: Mapped[float | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("admin_users.id"))


class ComparisonRow(Base):
    """Two models' replies to one prompt: that of our reply `turn_id`. `salt` decides who sees which one first."""

    __tablename__ = "comparisons"
    __table_args__ = (
        Index("ix_comparisons_models", "first_model", "second_model"),
        Index("ix_comparisons_conversation", "conversation_id"),
        Index("ix_comparisons_turn", "turn_id"),
        {"info": {"words": {"first_text": "", "second_text": ""}}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    first_model: Mapped[str]
    second_model: Mapped[str]
    first_text: Mapped[str]
    second_text: Mapped[str]
    salt: Mapped[str] = mapped_column(String(32))
    at: Mapped[float]


class JudgementRow(Base):
    """Which of the two a reviewer chose, without knowing whose they are; `replaced_at` is NULL for what counts now."""

    __tablename__ = "judgements"
    __table_args__ = (Index("ix_judgements_comparison", "comparison_id", "reviewer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("admin_users.id"))
    role: Mapped[str] = mapped_column(String(16))
    choice: Mapped[str] = mapped_column(String(8))
    at: Mapped[float]
    replaced_at: Mapped[float | None]


class DatasetRow(Base):
    """A version of a data set that was exported: the same content is the same version."""

    __tablename__ = "datasets"
    __table_args__ = (
        UniqueConstraint("kind", "digest", name="uq_datasets_content"),
        UniqueConstraint("kind", "number", name="uq_datasets_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    redaction: Mapped[str] = mapped_column(String(32))
    at: Mapped[float]


class DatasetSourceRow(Base):
    """A conversation whose words are in a data set."""

    __tablename__ = "dataset_sources"
    __table_args__ = (
        Index("ix_dataset_sources_conversation", "conversation_id"),
        WORDLESS,
    )

    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
