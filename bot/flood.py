"""Keeps every process together within what a platform allows, so that it never has to say no to us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias, TypeVar

import structlog

from bot.errors import NotSent, StoreDown
from bot.interfaces import Connector, Growing, Limited
from bot.messages import Lane, Part, Receipt
from bot.store.lanes import Lanes, interval
from bot.wrapping import Wrapped

log = structlog.get_logger()
T = TypeVar("T")
FindLanes: TypeAlias = Callable[[Part, bool], Sequence[Lane]]

PATIENCE = 6.0
"""Seconds that a part waits here for its turn; one that has to wait longer lets go of its conversation meanwhile."""
LATE = 0.1
"""Who wakes later than this takes a new turn: several that were late together would be a flood."""
MOST_TURNS = 2
"""A machine that wakes late again and again must send all the same."""


class Governor:
    """Gives turns. `sleep` waits for seconds."""

    def __init__(self, lanes: Lanes, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._lanes = lanes
        self._sleep = sleep

    async def send(self, lanes: Sequence[Lane], call: Callable[[], Awaitable[T]]) -> T:
        """Call when it is our turn. Raises `NotSent` when that is far off, and what the call raises."""
        since = await self._turn(lanes)
        return await self.now(lanes, call, since)

    async def spare(self, lanes: Sequence[Lane]) -> float:
        """Take a turn that nobody will miss and return 0, or return the seconds until it is worth asking again."""
        try:
            return await self._lanes.spare(lanes) if lanes else 0.0
        except StoreDown:
            return PATIENCE

    async def now(self, lanes: Sequence[Lane], call: Callable[[], Awaitable[T]], since: float) -> T:
        """Call, for a turn that was taken at the loop's time `since`.

        Raises what the call raises; a pause that is asked for is kept for all.
        """
        try:
            return await call()
        except NotSent as error:
            if lanes and error.after:
                await self._pause(lanes[0], error.after)
            raise
        finally:
            await self._space(lanes, since)

    async def _space(self, lanes: Sequence[Lane], since: float) -> None:
        """Let the next one wait from now on where this one was slow: nobody knows when the platform got it."""
        took = asyncio.get_running_loop().time() - since
        for lane in lanes:
            if lane.most == 1 and took > interval(lane) - lane.seconds:
                with suppress(StoreDown):
                    await self._lanes.pause(lane, lane.seconds)

    async def _turn(self, lanes: Sequence[Lane]) -> float:
        """Wait for a turn and return when it was, in the loop's time.

        Who slept too long takes a new one, and so does who had one when somebody else was told to pause.
        """
        clock = asyncio.get_running_loop().time
        due = clock()
        for _ in range(MOST_TURNS if lanes else 0):
            asked, due = clock(), await self._wait(lanes)
            if clock() - due <= LATE and not (due > asked + LATE and await self._paused(lanes)):
                break
        return due

    async def _paused(self, lanes: Sequence[Lane]) -> bool:
        try:
            return await self._lanes.paused(lanes[0])
        except StoreDown:
            return False

    async def _wait(self, lanes: Sequence[Lane]) -> float:
        """Wait for a place, and return when it was; we may have woken later."""
        try:
            seconds = await self._lanes.reserve(lanes, PATIENCE)
        except StoreDown as error:
            raise NotSent(f"no turn to be had: {error}") from None
        if seconds > PATIENCE:
            raise NotSent("so much was said there that the platform wants a pause", seconds)
        clock = asyncio.get_running_loop().time
        due = clock() + seconds
        if seconds > 0:
            await self._sleep(seconds)
        return due

    async def _pause(self, lane: Lane, seconds: float) -> None:
        log.warning("the platform asks for a pause", lane=lane.name, seconds=seconds)
        try:
            await self._lanes.pause(lane, seconds)
        except StoreDown as error:
            log.warning("the pause could not be kept for others", error=str(error))


class GovernedFace:
    """A message that grows, as often as there are turns to spare."""

    def __init__(self, face: Growing, lanes: FindLanes, governor: Governor) -> None:
        self._face = face
        self._lanes = lanes
        self._governor = governor

    async def spare(self, part: Part) -> float:
        """Take a turn and return 0, or return the seconds until it is worth asking again."""
        return await self._governor.spare(self._lanes(part, True))

    async def grow(self, part: Part, since: float) -> Receipt:
        """Show the text so far, for a turn that was taken at the loop's time `since`. Raises `DeliveryError`."""
        return await self._governor.now(self._lanes(part, True), lambda: self._face.grow(part), since)


class GovernedConnector(Wrapped):
    """Sends when it is our turn. `face` is there where messages can grow; a platform without limits is passed on to.

    `sending` does what `connector` does, and counts it.
    """

    def __init__(self, connector: Connector, sending: Connector, governor: Governor) -> None:
        super().__init__(sending)
        self._lanes: FindLanes = connector.lanes if isinstance(connector, Limited) else _no_lanes
        self._governor = governor
        self.face = GovernedFace(connector, self._lanes, governor) if isinstance(connector, Growing) else None

    async def send(self, part: Part) -> Receipt:
        return await self._governor.send(self._lanes(part, False), lambda: self._inside.send(part))


def _no_lanes(part: Part, growing: bool) -> Sequence[Lane]:  # noqa: ARG001 - as `Limited` has it
    return ()
