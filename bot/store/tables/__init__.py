"""The tables, the same on SQLite and PostgreSQL. Times are seconds since 1970 by the database's clock.

Here are those of conversations. Each file beside this one adds tables of its own; `bot.store.revisions` finds it.
Erasing finds by itself what refers to turns or conversations; what may stay, a table says: `bot.store.dependents`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.messages import Answering, Kind, Speaker, State

WORDLESS: dict[str, Any] = {"info": {"words": {}}}
"""Of a table that refers to turns or conversations and holds nobody's words, so that its rows outlive erasure."""

TAKEN = sql("taken_by IS NOT NULL")
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        int: BigId,
        float: Double(),
        str: Text(),
        bytes: LargeBinary(),
        State: String(16),
        Speaker: String(8),
        Kind: String(8),
        Answering: String(8),
    }


class ConversationRow(Base):
    """An address, who owns it now (lease and fence), and when it next needs attention."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "account", "chat", "thread", name="uq_conversations_address"),
        Index("ix_conversations_due", "due_at"),
        Index("ix_conversations_recent", "last_message_at", "id"),
        Index("ix_conversations_account", "account", "last_message_at"),
        Index("ix_conversations_taken", "taken_by", sqlite_where=TAKEN, postgresql_where=TAKEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    account: Mapped[str]
    chat: Mapped[str]
    thread: Mapped[str]
    private: Mapped[bool]
    language: Mapped[str] = mapped_column(String(8))
    answering: Mapped[Answering]
    next_seq: Mapped[int]
    context_from: Mapped[int]
    """The model sees turns from this number on; `/reset` moves it."""
    stop_seq: Mapped[int]
    """A reply to messages before this number should stop being written."""
    last_message_at: Mapped[float]
    due_at: Mapped[float | None]
    """When it next needs an owner; NULL when nothing is open."""
    owner: Mapped[str | None]
    fence: Mapped[int]
    lease_until: Mapped[float | None]
    attempts: Mapped[int]
    """Claims without progress: counted before work, so that a crash counts."""
    gone_at: Mapped[float | None]
    """Since when nothing can be sent there: its person blocked the bot, or we were thrown out."""
    live: Mapped[str | None] = mapped_column(default="", server_default="")
    """The platform's id of a message that shows the beginning of a reply; NULL while the owner is posting it."""
    left_behind: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an owner was lost while it was posting a beginning: one may be there that nobody can finish."""
    created_at: Mapped[float]
    taken_by: Mapped[str | None]
    """Who of the team took it over; NULL while nobody has, also where a person is only waited for."""
    human_at: Mapped[float | None]
    """When that person took it over or last wrote."""


class TurnRow(Base):
    """One thing said."""

    __tablename__ = "turns"
    __table_args__ = (
        Index("ix_turns_conversation", "conversation_id", "seq"),
        Index("ix_turns_state", "state", "conversation_id"),
        Index("ix_turns_reply", "reply_id"),
        Index("ix_turns_platform", "conversation_id", "platform_id"),
        Index("ix_turns_responder", "responder", "id"),
        Index("ix_turns_sender", "sender", "at"),
        Index("ix_turns_at", "speaker", "at", "conversation_id"),
        Index("ix_turns_ended", "ended_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    speaker: Mapped[Speaker]
    kind: Mapped[Kind]
    command: Mapped[str] = mapped_column(String(64))
    argument: Mapped[str]
    text: Mapped[str]
    sender: Mapped[str]
    platform_id: Mapped[str]
    written: Mapped[float]
    """The platform's own order of messages within a chat."""
    late: Mapped[bool]
    """It reached us after a later one had been answered."""
    state: Mapped[State]
    reason: Mapped[str]
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"))
    """For a person's turn: the turn that answers it."""
    responder: Mapped[str] = mapped_column(String(32))
    draft: Mapped[str]
    """What the model wrote, before the owner's facts were filled in."""
    ends: Mapped[str] = mapped_column(String(16))
    """For a reply: the state of the turns it answers once it is delivered."""
    at: Mapped[float]
    ended_at: Mapped[float | None]
    edited_at: Mapped[float | None]
    removed_at: Mapped[float | None]


class WritingRow(Base):
    """How a model wrote a reply. Times in milliseconds."""

    __tablename__ = "writings"
    __table_args__ = (Index("ix_writings_model", "model", "turn_id"), Index("ix_writings_score", "score"))

    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    model: Mapped[str]
    score: Mapped[float]
    finish: Mapped[str] = mapped_column(String(16))
    prompt_tokens: Mapped[int]
    reply_tokens: Mapped[int]
    queued: Mapped[float]
    first: Mapped[float]
    total: Mapped[float]


class PartRow(Base):
    """The outbox: one piece of a reply, and what the platform said to it."""

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("turn_id", "number", name="uq_parts_turn_number"),
        Index("ix_parts_open", "conversation_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    number: Mapped[int]
    text: Mapped[str]
    send_key: Mapped[str] = mapped_column(String(36))
    reply_to: Mapped[str]
    live: Mapped[str] = mapped_column(default="", server_default="")
    """The platform's id of the message that this part finishes; empty where it is a new one."""
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int]
    not_before: Mapped[float]
    platform_id: Mapped[str]
    maybe_duplicate: Mapped[bool]
    last_error: Mapped[str]
    sent_at: Mapped[float | None]


class SeenRow(Base):
    """Digests of deliveries and messages that were accepted. They hold no words and outlive erasure."""

    __tablename__ = "seen"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[float]

    __table_args__ = (Index("ix_seen_at", "at"),)


class LaneRow(Base):
    """How full a lane is: what a platform counts together when it limits how fast may be written."""

    __tablename__ = "lanes"

    name: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[float]
    """When everything that was sent has run out of it."""
    paused_until: Mapped[float]


class RejectRow(Base):
    """An authentic delivery that could not be used: its hash, its first 4 kB and why."""

    __tablename__ = "rejects"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    head: Mapped[bytes]
    reason: Mapped[str]
    at: Mapped[float]
