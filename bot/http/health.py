"""Whether the process lives, and whether it is ready: nothing that looks alive may be deaf."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.errors import PalaverError

CHECK_SECONDS = 3.0
START_SECONDS = 60.0
"""How long a channel may take until it receives for the first time."""


class Check(Protocol):
    """One condition of being ready."""

    async def __call__(self) -> str | None:
        """Return what is wrong in one sentence, `None` when all is well. What it raises counts as wrong, too."""
        ...


@dataclass(frozen=True, slots=True)
class _Promise:
    at: float
    within: float
    heard: bool


class Channels:
    """Remembers when each channel last said that it receives. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._promises: dict[str, _Promise] = {}

    def expect(self, channel: str, within: float = START_SECONDS) -> None:
        """Say that a channel was started and must be heard of in time."""
        self._promises[channel] = _Promise(self._clock(), within, heard=False)

    def heard(self, channel: str, within: float) -> None:
        """Say that the channel receives, and promise to say so again within that many seconds."""
        self._promises[channel] = _Promise(self._clock(), within, heard=True)

    def silences(self) -> dict[str, float]:
        """Seconds since each channel was last heard, or was started."""
        return {channel: self._clock() - promise.at for channel, promise in self._promises.items()}

    def complaint(self, channel: str) -> str | None:
        """Return why the channel counts as deaf, `None` while it keeps its promise."""
        promise = self._promises.get(channel)
        if promise is None:
            return "was not started"
        silent = self._clock() - promise.at
        if silent <= promise.within:
            return None
        if not promise.heard:
            return f"has not received anything since its start {silent:.0f} seconds ago"
        return f"silent for {silent:.0f} seconds, promised to be heard within {promise.within:.0f}"

    def check(self, channel: str) -> Check:
        """Return the readiness check of one channel."""

        async def still_receives() -> str | None:
            return self.complaint(channel)

        return still_receives


def database_check(ping: Callable[[], Awaitable[None]]) -> Check:
    """Return the check that the database answers; `ping` raises when it does not."""

    async def answers() -> str | None:
        await ping()
        return None

    return answers


class Able(Protocol):
    """Something that can be in trouble."""

    @property
    def trouble(self) -> str:
        """Why it cannot work now; empty when all is well."""
        ...


def writer_check(writer: Able) -> Check:
    """Return the check that replies can be written: the model is loaded, the broker reachable."""

    async def writes() -> str | None:
        return writer.trouble or None

    return writes


async def healthz(_: Request) -> Response:
    """Answer 200 while this process can answer at all."""
    return JSONResponse({"alive": True})


async def no_worries() -> Mapping[str, str]:
    return {}


def readyz(
    checks: Mapping[str, Check], degraded: Callable[[], Awaitable[Mapping[str, str]]] = no_worries
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers 200 when every check is content, else 503 with the reasons.

    What is `degraded` is told beside them, and changes nothing of being ready.
    """

    async def endpoint(_: Request) -> Response:
        answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
        wrong = dict(zip(checks, answers, strict=True))
        ready = not any(wrong.values())
        body = {"ready": ready, "checks": {name: reason or "ok" for name, reason in wrong.items()}}
        body |= {"degraded": dict(await _worries(degraded))}
        return JSONResponse(body, status_code=200 if ready else 503, headers={"Cache-Control": "no-store"})

    return endpoint


async def _worries(degraded: Callable[[], Awaitable[Mapping[str, str]]]) -> Mapping[str, str]:
    """Where they cannot be asked for, a check says why."""
    with suppress(PalaverError, TimeoutError):
        async with asyncio.timeout(CHECK_SECONDS):
            return await degraded()
    return {}


async def _ask(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} seconds"
    except PalaverError as error:
        return str(error) or type(error).__name__
    except Exception as error:
        return type(error).__name__
