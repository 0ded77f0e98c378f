"""Reads what was said at an address, for faces that show it themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.messages import Address, Speaker, State, Turn
from bot.store.database import Database
from bot.store.reading import find_turns
from bot.store.tables import ConversationRow, TurnRow

PAGE = 200


class StoredTranscript:
    """The turns of a conversation as its person sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, address: Address, seq: int) -> Sequence[Turn]:
        """Return the turns after `seq`, oldest first, up to the first reply that is still on its way.

        So the last number a reader has seen is all it needs to go on without loss. Raises `StoreDown`.
        """
        row = ConversationRow
        found = select(row.id).where(
            row.channel == address.channel,
            row.account == address.account,
            row.chat == address.chat,
            row.thread == address.thread,
        )
        conversation = TurnRow.conversation_id == found.scalar_subquery()
        on_its_way = select(func.min(TurnRow.seq)).where(
            conversation, TurnRow.speaker == Speaker.BOT, TurnRow.state == State.REPLYING
        )
        shown = (TurnRow.state.not_in((State.ERASED, State.UNDELIVERABLE)), TurnRow.removed_at.is_(None))
        settled = TurnRow.seq < func.coalesce(on_its_way.scalar_subquery(), 2**53)
        async with self._database.read() as connection:
            return await find_turns(connection, (conversation, TurnRow.seq > seq, settled, *shown), PAGE)
