"""The models of this process: opened and closed as the table of versions says, while the bot goes on answering."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence

import structlog

from bot.errors import ModelRefused, PalaverError, StoreDown
from bot.messages import Address
from bot.rollout.seat import Seat
from bot.rollout.seats import Seats
from bot.versions import Stage, Version, assigned, production
from nlg.contract import Unreachable, Writer

log = structlog.get_logger()

LOOK = 1.0
"""Seconds between looks at the table: so soon a change takes effect everywhere."""
IDLE = 600.0
"""Seconds that a candidate whom somebody asked by name stays open with nothing to do."""


class Fleet:
    """Knows who answers whom, and lends the writers.

    A version takes part once its writer was ready. Until then, and where it cannot be opened, the one that was in
    production here goes on: a promotion never leaves people without an answer while a model loads.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[Version]]],
        open_: Callable[[Version], Awaitable[Writer]],
        pinned: Container[str] = (),
    ) -> None:
        """`read` gives the table, `open_` a writer; candidates in `pinned` are open all the time."""
        self._read = read
        self._pinned = pinned
        self._seats = Seats(open_)
        self._listed: tuple[Version, ...] = ()
        self._production = ""
        """Who is in production here."""

    async def start(self) -> None:
        """Open what serves. Raises `StoreDown`, and why the version in production cannot be opened."""
        self._listed = tuple(await self._read())
        first = production(self._listed)
        if first is None:
            raise ModelRefused("No version of a model is in production. See `palaver models list`, then promote one.")
        await self._seats.take(first)
        await self._settle()

    async def follow(self) -> None:
        """Do as the table says until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                self._listed = tuple(await self._read())
            except StoreDown as error:
                log.warning("versions not read", error=str(error))
            await self._settle()

    def assign(self, address: Address, wish: str = "") -> str:
        """Return the name of the version that answers there: the one wished for, unless it is unknown or retired."""
        if wish and self._find(wish):
            return wish
        chosen = assigned(address, self._answering())
        return chosen.name if chosen else self._production

    async def writer(self, name: str) -> Writer:
        """Return the writer of a version. Raises `Unreachable` where it cannot be opened."""
        version = self._find(name)
        try:
            seat = await self._seats.take(version) if version else self._seats.get(name)
        except PalaverError as error:
            raise Unreachable(f"version {name} cannot be opened: {error}") from None
        if seat is None:
            raise Unreachable(f"there is no version {name} to ask")
        return seat

    def shadows(self) -> list[tuple[str, Writer]]:
        """Return the shadows that can write now."""
        return [(seat.version.name, seat) for seat in self._ready(Stage.SHADOW)]

    @property
    def trouble(self) -> str:
        """Why the version in production cannot write now; empty when all is well."""
        seat = self._seats.get(self._production)
        return seat.trouble if seat else "no model is open"

    async def stop(self, prompt_id: str) -> None:
        """End the writing of this prompt, whoever writes it."""
        await asyncio.gather(*(seat.stop(prompt_id) for seat in self._seats))

    async def close(self) -> None:
        """Close every writer once it has finished."""
        await self._seats.close()

    async def _settle(self) -> None:
        """Open who is missing, note who is in production here, close who is not needed any more."""
        for version in self._listed:
            if self._wanted(version):
                await self._seats.try_(version)
        known = {version.name: version for version in self._listed}
        for seat in self._seats:
            seat.version = known.get(seat.version.name, seat.version)
        self._hand_over()
        for seat in self._seats:
            if not self._kept(seat):
                self._seats.leave(seat.version.name)

    def _hand_over(self) -> None:
        """Let the version in production begin here, once it can."""
        listed = production(self._listed)
        seat = self._seats.get(listed.name) if listed else None
        if seat is None or seat.version.name == self._production:
            return
        if seat.ready or self._seats.get(self._production) is None:
            log.info("version in production", version=seat.version.name, before=self._production)
            self._production = seat.version.name

    def _find(self, name: str) -> Version | None:
        return next((one for one in self._listed if one.name == name and one.stage is not Stage.RETIRED), None)

    def _ready(self, stage: Stage) -> list[Seat]:
        return [seat for seat in self._seats if seat.version.stage is stage and seat.ready]

    def _answering(self) -> list[Version]:
        """Return the versions that answer here now. Production may still be the one before."""
        canaries = [seat.version for seat in self._ready(Stage.CANARY) if seat.version.name != self._production]
        return [*canaries, Version(self._production, Stage.PRODUCTION)]

    def _wanted(self, version: Version) -> bool:
        pinned = version.stage is Stage.CANDIDATE and version.name in self._pinned
        return version.stage.serves or pinned

    def _kept(self, seat: Seat) -> bool:
        unused = asyncio.get_running_loop().time() - seat.used_at
        lent = seat.version.stage is Stage.CANDIDATE and unused < IDLE
        return seat.version.name == self._production or self._wanted(seat.version) or lent
