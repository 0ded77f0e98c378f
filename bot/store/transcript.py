"""Reads what was said at an address, for faces that show it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Speaker, State, Turn
from bot.store.database import Database
from bot.store.opinions import opinions
from bot.store.reading import first_turns, newest_turns
from bot.store.tables import ConversationRow, TurnRow

PAGE = 200


class StoredTranscript:
    """The turns of a conversation as its person sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, address: Address, seq: int) -> Sequence[Turn]:
        """Return the first turns after `seq`, oldest first, up to the first reply that is still on its way.

        So the last number a reader has seen is all it needs to go on without loss. Raises `StoreDown`.
        """
        shown = (*_shown(address), TurnRow.seq > seq)
        async with self._database.read() as connection:
            return await _judged(connection, address, await first_turns(connection, shown, PAGE))

    async def latest(self, address: Address, count: int) -> Sequence[Turn]:
        """Return the last so many turns, oldest first, up to where `since` would stop. Raises `StoreDown`."""
        async with self._database.read() as connection:
            return await _judged(connection, address, await newest_turns(connection, _shown(address), count))


async def _judged(connection: AsyncConnection, address: Address, turns: Sequence[Turn]) -> Sequence[Turn]:
    """Add what the person of the conversation, who is named as the chat is, thinks of the replies."""
    said = [turn.id for turn in turns if turn.speaker is Speaker.BOT]
    found = await opinions(connection, said, address.chat) if said else {}
    return [replace(turn, judged=found.get(turn.id)) for turn in turns]


def _shown(address: Address) -> tuple[ColumnElement[bool], ...]:
    """The turns that a person may see now."""
    row = ConversationRow
    found = select(row.id).where(
        row.channel == address.channel,
        row.account == address.account,
        row.chat == address.chat,
        row.thread == address.thread,
    )
    conversation = TurnRow.conversation_id == found.scalar_subquery()
    on_its_way = select(func.min(TurnRow.seq)).where(
        conversation, TurnRow.speaker != Speaker.USER, TurnRow.state == State.REPLYING
    )
    return (
        conversation,
        TurnRow.seq < func.coalesce(on_its_way.scalar_subquery(), 2**53),
        TurnRow.state.not_in((State.ERASED, State.UNDELIVERABLE)),
        TurnRow.removed_at.is_(None),
    )
