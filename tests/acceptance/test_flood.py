"""A few people at once: no 429 of our own doing, every last word right, also where a platform fails now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flood.run import CROWDS, Flood, flood


@pytest.mark.timeout(180)
@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("platform", sorted(CROWDS))
async def test_everybody_reads_the_whole_answer(monkeypatch: Any, tmp_path: Path, platform: str, wrong: bool) -> None:
    plan = Flood(platform, chats=8, groups=4, words=20, delay=0.08, wrong=wrong, seconds=150.0)
    async with plan.crowd() as crowd:
        for name in (*plan.settings, *crowd.environment):
            monkeypatch.setenv(name, "")  # set by the flood, taken away after the test
    outcome = await flood(plan, tmp_path)
    assert (outcome.right, outcome.refused) == (8, 0), outcome
    if not wrong:
        assert outcome.repeated == 0
        assert outcome.edits > 0
