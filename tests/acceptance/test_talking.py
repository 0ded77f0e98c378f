"""A whole bot that is somebody where its owner said so, and that sums up long conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import StoreSettings, open_database
from bot.store.summaries import Summaries, Summary
from connectors.telegram.standin import StandIn
from tests.rig.ports import free_port
from tests.rig.whole import running

LUNA = """
[personas.luna]
where = ["telegram:123456789"]

[personas.luna.business]
bot_name = "Luna"

[personas.luna.phrases.en]
start = "Good evening, {{bot_name}} here."
"""
WORDS = "a line that is long enough to fill what the model is told after a few of them"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(more: dict[str, str]) -> None:
        quick = {"PALAVER_WRITER": "stub", "PALAVER_STUB_TOKENS": "3", "PALAVER_STUB_DELAY": "0"}
        for name, value in (quick | {"PALAVER_HTTP_PORT": str(free_port())} | more).items():
            monkeypatch.setenv(name, value)

    return give


async def test_it_is_who_its_owner_said(given: Any, tmp_path: Path) -> None:
    Path("palaver.toml").write_text(LUNA)
    async with StandIn() as telegram:
        given(telegram.environment)
        async with running("telegram", tmp_path):
            await telegram.say("/start", language="en")
            assert (await telegram.reply(timeout=20.0))["text"] == "Good evening, Luna here."


@pytest.mark.parametrize("who", ["model", "stub"])
async def test_what_does_not_fit_any_more_is_summed_up(given: Any, tmp_path: Path, who: str) -> None:
    async with StandIn() as telegram:
        given(telegram.environment | {"PALAVER_TALK_SUMMARY": who, "PALAVER_TALK_TOKENS": "60"})
        async with running("telegram", tmp_path) as settled:
            for number in range(4):
                await telegram.exchange(f"{number} {WORDS}")
                await settled()
            summary = await _summary(tmp_path)
    assert summary.until >= 1
    assert summary.text


async def _summary(folder: Path) -> Summary:
    database = open_database(StoreSettings(url=f"sqlite:///{folder}/bot.sqlite3"))
    try:
        async with asyncio.timeout(20):
            while (found := await Summaries(database).of(1)) is None:
                await asyncio.sleep(0.1)
        return found
    finally:
        await database.close()
