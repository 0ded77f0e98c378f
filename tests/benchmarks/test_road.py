from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.benchmarks.report import publish
from tests.benchmarks.road import measure

SECONDS = float(os.environ.get("PALAVER_TEST_BENCH_SECONDS", "30"))
PLACES = (("sqlite", "embedded"), ("postgresql", "redis"), ("postgresql", "rabbitmq"))


@pytest.mark.timeout(1800)
async def test_the_bot_itself_adds_little_to_the_time_of_an_answer(tmp_path: Path) -> None:
    figures = []
    for store, broker in PLACES:
        for rate in (1.0, 10.0):
            folder = tmp_path / f"{store}-{broker}-{rate:.0f}"
            folder.mkdir()
            figures.append(await measure(store, broker, rate, SECONDS, folder))
    publish("road", "From a person's word to the answer, model of no delay, medians of the stages in ms", figures)
    assert [row for row in figures if row["p95 ms"] > 2000] == []
