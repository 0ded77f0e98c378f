from __future__ import annotations

import asyncio

import pytest

from bot.errors import SettingsError
from bot.running import Bot


class Part:
    """Something that runs until it is cancelled, and says when that was."""

    def __init__(self, name: str, order: list[str]) -> None:
        self._name = name
        self._order = order

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self._order.append(self._name)


async def test_asked_to_stop_it_first_receives_no_more_then_finishes_then_closes_the_web() -> None:
    order: list[str] = []
    parts = {name: Part(name, order).run() for name in ("receiving", "dispatching", "serving")}
    bot = Bot([parts["receiving"]], parts["dispatching"], [parts["serving"]])
    stopped = asyncio.Event()
    running = asyncio.create_task(bot.run(stopped))
    await asyncio.sleep(0)
    stopped.set()
    await running
    assert order == ["receiving", "dispatching", "serving"]


async def test_it_ends_when_its_only_channel_has_ended() -> None:
    async def one_line() -> None:
        return None

    order: list[str] = []
    await Bot([one_line()], Part("dispatching", order).run()).run(asyncio.Event())
    assert order == ["dispatching"]


async def test_a_channel_that_is_refused_at_its_start_ends_everything_with_its_reason() -> None:
    async def refused() -> None:
        await asyncio.sleep(0)
        raise SettingsError("PALAVER_TELEGRAM_TOKEN is not valid")

    order: list[str] = []
    with pytest.raises(SettingsError, match="TOKEN"):
        await Bot([refused()], Part("dispatching", order).run()).run(asyncio.Event())
    assert order == ["dispatching"]
