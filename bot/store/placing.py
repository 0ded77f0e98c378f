"""Finds the conversation at an address, or begins it. What is put there this way does not make it due by itself."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Answering
from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables import ConversationRow


async def place(connection: AsyncConnection, address: Address, language: str = "", entries: int = 0) -> tuple[int, int]:
    """Lock the conversation, made if new; return its id and, after so many entries more, the number of the last."""
    now, row = db_now(), ConversationRow
    new = {
        **asdict(address),
        "private": True,
        "language": language or "en",
        "answering": Answering.BOT,
        "next_seq": entries,
        "context_from": 0,
        "stop_seq": 0,
        "last_message_at": now,
        "due_at": None,
        "fence": 0,
        "attempts": 0,
        "created_at": now,
    }
    grown = {"last_message_at": now, "next_seq": row.next_seq + entries, **({"language": language} if language else {})}
    statement = upsert(connection, row).values(**new)
    places = ["channel", "account", "chat", "thread"]
    statement = statement.on_conflict_do_update(index_elements=places, set_=grown)
    found = (await connection.execute(statement.returning(row.id, row.next_seq))).one()
    return found.id, found.next_seq
