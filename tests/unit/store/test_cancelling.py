from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from bot.messages import Address, Message

TIMES = 40


def message(number: int) -> Message:
    return Message(Address("telegram", "1", "7"), f"k{number}", "hello", "9", str(number), order=number)


async def test_a_cancelled_transaction_lets_go_of_the_database_at_once(store: Any) -> None:
    """Cancelling is what a deadline of a platform and a stopping process do, wherever the transaction just is."""
    dice = random.Random(1)
    cancelled = []
    for number in range(TIMES):
        task = asyncio.create_task(store.acceptor.accept(message(number)))
        await asyncio.sleep(dice.uniform(0.0, 0.006))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        cancelled.append(task)  # and with it, as anywhere, whatever its traceback holds
        async with asyncio.timeout(4.0):  # SQLite would wait five seconds for the lock, and fail
            await store.acceptor.accept(message(1000 + number))
    assert sum(task.cancelled() for task in cancelled) > TIMES // 4
