"""A few people at once: no 429 of our own doing, and every last word right, also where Telegram fails now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flood.run import Flood, flood


@pytest.mark.parametrize("wrong", [False, True])
async def test_everybody_reads_the_whole_answer(monkeypatch: Any, tmp_path: Path, wrong: bool) -> None:
    plan = Flood(chats=8, groups=4, words=20, delay=0.08, wrong=wrong, seconds=100.0)
    for name, value in plan.settings.items():
        monkeypatch.setenv(name, value)
    for name in ("PALAVER_TELEGRAM_TOKEN", "PALAVER_TELEGRAM_API_BASE"):
        monkeypatch.setenv(name, "")
    outcome = await flood(plan, tmp_path)
    assert (outcome.right, outcome.refused) == (8, 0), outcome
    if not wrong:
        assert outcome.repeated == 0
        assert outcome.edits > 0
