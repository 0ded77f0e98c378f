"""What the team needs to read conversations: how replies were asked for, and the lists that they like to come back to.

The words of turns are indexed in `turn_words`, which the database itself keeps in step: see `bot.store.searching`.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class PromptRow(Base):
    """What exactly a model was asked for a reply, and how likely each piece of its draft was. It holds words."""

    __tablename__ = "prompts"

    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    lines: Mapped[str]
    """JSON: who said what, oldest first."""
    decoding: Mapped[str]
    """JSON: the settings by which words were chosen."""
    odds: Mapped[str]
    """JSON: the pieces of the draft with their log-probabilities."""


class ViewRow(Base):
    """A list of conversations that a user wants to find again: its filters, without the words searched for."""

    __tablename__ = "admin_views"
    __table_args__ = (UniqueConstraint("user_id", "name", name="uq_admin_views_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("admin_users.id"))
    name: Mapped[str]
    query: Mapped[str]
    """As in the page's address."""
