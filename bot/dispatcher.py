"""Hands waiting conversations to the manager, many at a time, and sweeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.errors import Fenced, StoreDown
from bot.precedence import Precedence
from bot.repeating import repeat
from bot.store.leasing import Claim, Leases
from bot.store.ledger import Ledger

log = structlog.get_logger()

LOOK = 1.0
"""Seconds between looks at the database when nobody called: other processes accept too, and retries fall due."""
SWEEP = 5.0
LONGEST = 300.0
"""Seconds a conversation may be served without pause. After that its task counts as lost, and another may take over."""
GRACE = 25.0
"""Seconds that replies being written get to end when the process is asked to stop."""


class Dispatcher:
    """Claims what is due and serves it, at most `slots` conversations at once, when nobody has precedence."""

    def __init__(
        self,
        leases: Leases,
        ledger: Ledger,
        serve: Callable[[Claim], Awaitable[None]],
        precedence: Precedence,
        slots: int = 64,
    ) -> None:
        self._leases = leases
        self._ledger = ledger
        self._serve = serve
        self._precedence = precedence
        self._free = asyncio.Semaphore(slots)
        self._called = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._serving: dict[Claim, float] = {}

    def wake(self) -> None:
        """Say that something is due now."""
        self._called.set()

    async def run(self) -> None:
        """Work until cancelled; then finish what is being said and let go of the rest."""
        sweeper = asyncio.create_task(repeat("sweeping", SWEEP, self._sweep))
        try:
            while True:
                await self._precedence.give_way()
                await self._free.acquire()
                await self._start_next()
        finally:
            sweeper.cancel()
            # Left in the middle of its transaction it would be cancelled once more when the loop ends, and SQLite's
            # driver waits for ever for a connection whose closing was cancelled: the process would never end.
            await asyncio.wait([sweeper])
            await self._drain()

    async def _start_next(self) -> None:
        """Claim a conversation and serve it in a task that holds the slot, or give the slot back and wait."""
        claim = None
        try:
            self._called.clear()
            claim = await self._claim()
        except StoreDown as error:
            log.warning("nothing claimed", error=str(error))
        finally:
            if claim is None:
                self._free.release()
        if claim is None:
            await self._wait()
            return
        self._serving[claim] = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._hold_slot(claim))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _claim(self) -> Claim | None:
        """Claim; when cancelled meanwhile, let go of what was claimed: nobody would work on it. Raises `StoreDown`."""
        claiming = asyncio.ensure_future(self._leases.claim(self._at_work()))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(StoreDown, Fenced):
                claim = await claiming
                if claim is not None:
                    await self._leases.release(claim)
            raise

    def _at_work(self) -> set[int]:
        """Return the conversations that are served here.

        While the database is slow their leases lapse, though their owner lives: taking them from ourselves would end
        work that goes on, and send its parts twice.
        """
        oldest = asyncio.get_running_loop().time() - LONGEST
        return {claim.conversation for claim, since in self._serving.items() if since > oldest}

    async def _hold_slot(self, claim: Claim) -> None:
        try:
            await self._serve(claim)
        except Exception:
            log.exception("serving failed", conversation=claim.conversation)
        finally:
            del self._serving[claim]
            self._free.release()
            self.wake()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK):
                await self._called.wait()
        except TimeoutError:
            return

    async def _sweep(self) -> None:
        found = await self._ledger.sweep()
        if found:
            log.error("conversations had lost their date", count=found)
            self.wake()

    async def _drain(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
