"""Keeps the figures of `/metrics` that are read from the database and from the channels."""

from __future__ import annotations

import asyncio

import structlog

from bot.errors import StoreDown
from bot.http.health import Channels
from bot.operations.metrics import Metrics
from bot.store.ledger import Ledger

log = structlog.get_logger()

EVERY = 15.0


async def keep_books(ledger: Ledger, channels: Channels, metrics: Metrics) -> None:
    """Refresh the gauges until cancelled."""
    while True:
        metrics.silences(channels.silences())
        try:
            balance = await ledger.balance()
        except StoreDown as error:
            log.warning("books not read", error=str(error))
        else:
            metrics.ledger(balance.states, balance.oldest_open)
        await asyncio.sleep(EVERY)
