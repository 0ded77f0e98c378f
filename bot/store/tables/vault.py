"""Secrets that others gave us and that we must be able to use again, such as tokens of workspaces."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import WORDLESS, Base


class SecretRow(Base):
    """A secret by its name. What is in it can be read only with the key, which is not in the database."""

    __tablename__ = "secrets"
    __table_args__ = (WORDLESS,)

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    at: Mapped[float]
