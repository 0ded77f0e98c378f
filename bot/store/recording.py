"""Keeps conversations that somebody else leads. What comes in has been answered elsewhere: nothing here becomes due."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.language import detect
from bot.messages import Address, Answering, Entry, Kind, Speaker, State
from bot.store.alerts import Kind as AlertKind
from bot.store.alerts import raise_alert
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from bot.store.placing import place
from bot.store.rollout.askings import note_askings
from bot.store.seen import first_times
from bot.store.tables import ConversationRow, TurnRow
from bot.store.writing import keep_writings

Names = list[tuple[str, ...]]


class Recorder:
    """The records of this database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, address: Address, said: Sequence[Entry], language: str = "") -> int:
        """Store in this order what was not stored before; return how many messages of the person were among it.

        Raises `StoreDown`.
        """
        async with self._database.begin() as connection:
            new = await first_times(connection, [_names(address, one) for one in said])
            fresh = [one for one, is_new in zip(said, new, strict=True) if is_new]
            if fresh:
                await _append(connection, address, fresh, language or _language(fresh))
        return sum(one.speaker is Speaker.USER for one in fresh)

    async def forget(self, address: Address, said: Sequence[Entry]) -> None:
        """Erase the conversation; what is in `said` will not be taken for new later. Raises `StoreDown`."""
        async with self._database.begin() as connection:
            await first_times(connection, [_names(address, one) for one in said])
            found = await _find(connection, address)
            if found is not None:
                await erase_conversation(connection, found)
        await self._database.scrub()

    async def hand_over(self, address: Address) -> None:
        """Say that a person answers there from now on. Raises `StoreDown`."""
        async with self._database.begin() as connection:
            conversation, _ = await place(connection, address)
            row = ConversationRow
            await connection.execute(update(row).where(row.id == conversation).values(answering=Answering.HUMAN))
            await raise_alert(connection, conversation, AlertKind.HANDED_OVER, "asked for by the assistant that leads")


def _names(address: Address, said: Entry) -> Names:
    place = (address.channel, address.account, address.chat, address.thread)
    return [("said", *place, name) for name in said.names]


def _language(said: Sequence[Entry]) -> str:
    """The language of the newest words of a person that tell."""
    persons = (one.text for one in reversed(said) if one.speaker is Speaker.USER and one.kind is Kind.TEXT)
    return next(filter(None, map(detect, persons)), "")


async def _find(connection: AsyncConnection, address: Address) -> int | None:
    return (await connection.execute(select(ConversationRow.id).where(*_at(address)))).scalar()


def _at(address: Address) -> tuple[ColumnElement[bool], ...]:
    row = ConversationRow
    return (
        row.channel == address.channel,
        row.account == address.account,
        row.chat == address.chat,
        row.thread == address.thread,
    )


async def _append(connection: AsyncConnection, address: Address, fresh: Sequence[Entry], language: str) -> None:
    """Add the entries at the end, in few statements: on SQLite nobody else writes meanwhile."""
    conversation, end = await place(connection, address, language, len(fresh))
    first = end - len(fresh) + 1
    rows = [_turn(conversation, first + at, one) for at, one in enumerate(fresh)]
    inserted = await connection.execute(insert(TurnRow).values(rows).returning(TurnRow.id, TurnRow.seq))
    ids = {row.seq: row.id for row in inserted}
    for at, one in enumerate(fresh):
        if one.reply is not None:
            await _tie(connection, conversation, first + at, ids[first + at])
    writings = {
        ids[first + at]: one.reply.writing
        for at, one in enumerate(fresh)
        if one.reply is not None and one.reply.writing is not None
    }
    await keep_writings(connection, writings)
    replies = {ids[first + at]: one.reply for at, one in enumerate(fresh) if one.reply is not None}
    await note_askings(connection, conversation, replies)


async def _tie(connection: AsyncConnection, conversation: int, seq: int, turn: int) -> None:
    """The newest message of the person before this reply is the one it answers, unless another reply did."""
    before = (TurnRow.conversation_id == conversation, TurnRow.seq < seq, TurnRow.speaker == Speaker.USER)
    newest = select(TurnRow.id).where(*before).order_by(TurnRow.seq.desc()).limit(1).scalar_subquery()
    tied = update(TurnRow).where(TurnRow.id == newest, TurnRow.reply_id.is_(None)).values(reply_id=turn)
    await connection.execute(tied)


def _turn(conversation: int, seq: int, said: Entry) -> dict[str, object]:
    reply = said.reply
    ends = reply.ends if reply else State.ANSWERED
    return {
        "conversation_id": conversation,
        "seq": seq,
        "speaker": said.speaker,
        "kind": said.kind,
        "command": "",
        "argument": "",
        "text": said.text,
        "sender": said.sender,
        "platform_id": "",
        "written": 0.0,
        "late": False,
        "state": ends,
        "reason": reply.reason if reply else "",
        "reply_id": None,
        "responder": reply.responder if reply else "",
        "draft": reply.draft if reply else "",
        "ends": ends if said.speaker is Speaker.BOT else "",
        "at": db_now(),
        "ended_at": db_now(),
    }
