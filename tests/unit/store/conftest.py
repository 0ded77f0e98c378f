"""The store's steps, ready to use."""

from __future__ import annotations

import pytest

from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.leasing import Leases
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


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
