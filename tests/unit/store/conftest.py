"""The store's steps, ready to use."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.leasing import Claim, Leases
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.transcript import StoredTranscript


class Store:
    """All steps over one database, as one owner sees them."""

    def __init__(self, database: Database, owner: str = "first") -> None:
        self.database = database
        self.acceptor = Acceptor(database)
        self.leases = Leases(database, owner)
        self.answers = Answers(database)
        self.outbox = Outbox(database)
        self.ledger = Ledger(database)
        self.transcript = StoredTranscript(database)

    async def claim_now(self) -> Claim:
        """Claim what has something open, though an answer to a burst should wait a little."""
        opened = "SELECT conversation_id FROM turns WHERE state IN ('open', 'replying')"
        due = f"UPDATE conversations SET lease_until = NULL, due_at = 0 WHERE id IN ({opened})"
        async with self.database.begin() as connection:
            await connection.execute(text(due))
        claim = await self.leases.claim()
        assert claim is not None
        return claim


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
