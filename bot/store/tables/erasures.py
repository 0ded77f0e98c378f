"""What was erased, and when. Whose words they were is not kept: that is what was asked for."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class ErasureRow(Base):
    """A receipt. It holds counts and names of data sets and models, nobody's id and no words."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    by: Mapped[str]
    channel: Mapped[str]
    removed: Mapped[str]
    """JSON: how many rows by table."""
    conversations: Mapped[int]
    sources: Mapped[str]
    """JSON: data sets that were exported with words of theirs."""
    models: Mapped[str]
    """JSON: versions of models that were `trained` on those, and those that could not be looked at (`unseen`)."""
