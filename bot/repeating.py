"""Work that is done again and again until the bot stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import StoreDown

log = structlog.get_logger()


async def repeat(what: str, every: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do it, wait `every` seconds, and so on until cancelled. Whatever it raises is logged, and tried again."""
    while True:
        try:
            await work()
        except StoreDown as error:
            log.warning("not done, for the store is away", what=what, error=str(error))
        except Exception:
            # Nobody waits for this task: if it ended, nobody would hear of it.
            log.exception("failed", what=what)
        await asyncio.sleep(every)
