"""Who may use the admin pages, what they did there, and how long things are kept."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base


class UserRow(Base):
    """Somebody who may sign in."""

    __tablename__ = "admin_users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """The name as it is compared: without regard to case and width."""
    password: Mapped[str]
    """As argon2id hashes it."""
    role: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float]
    disabled_at: Mapped[float | None]


class SessionRow(Base):
    """A browser that is signed in. Who reads the table cannot sign in with it: it holds only the token's digest."""

    __tablename__ = "admin_sessions"
    __table_args__ = (Index("ix_admin_sessions_user", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("admin_users.id"))
    began_at: Mapped[float]
    seen_at: Mapped[float]
    agent: Mapped[str]
    client: Mapped[str]
    flash: Mapped[str]
    """What the next page tells the user, as JSON."""


class DeviceRow(Base):
    """A browser in which a user once gave the right password."""

    __tablename__ = "admin_devices"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("admin_users.id"), primary_key=True)
    at: Mapped[float]


class InvitationRow(Base):
    """A link that lets one person choose a name and a password, once."""

    __tablename__ = "admin_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(16))
    note: Mapped[str]
    """For whom it is, as the inviting user wrote it."""
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("admin_users.id"))
    created_at: Mapped[float]
    expires_at: Mapped[float]
    used_at: Mapped[float | None]


class AttemptRow(Base):
    """Wrong passwords in a row from one client or device, and until when the next is not looked at."""

    __tablename__ = "admin_attempts"

    source: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    at: Mapped[float]
    closed_until: Mapped[float]


class AuditRow(Base):
    """One thing that somebody looked at or changed. It never holds what people said in conversations."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_user", "user_id", "id"),
        Index("ix_audit_action", "action", "id"),
        Index("ix_audit_subject", "subject", "id"),
        Index("ix_audit_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    user_id: Mapped[int | None]
    user_name: Mapped[str]
    """The name at that time; it stays when the user is gone."""
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str]
    """What it was done to, such as `conversation 5`."""
    detail: Mapped[str]
    """JSON."""
    client: Mapped[str]


class RetentionRow(Base):
    """For how many days a kind of data is kept; kinds without a row are kept for good."""

    __tablename__ = "retention"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    days: Mapped[int]
