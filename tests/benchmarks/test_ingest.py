from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.benchmarks.ingest import CLIENTS, measure
from tests.benchmarks.report import publish

COUNT, ROUNDS = int(os.environ.get("PALAVER_TEST_BENCH_COUNT", "2000")), 3


@pytest.mark.timeout(1800)
async def test_webhooks_are_stored_at_least_as_fast_as_one_workspace_sends_them(tmp_path: Path) -> None:
    figures = await measure(tmp_path, COUNT, ROUNDS)
    title = f"Webhooks taken, {CLIENTS} clients, medians of {ROUNDS} rounds of {COUNT} (max: of all)"
    publish("ingest", title, figures)
    ours = [row for row in figures if row["server"].startswith("Palaver")]
    assert [row for row in ours if row["not 2xx"] or row["a second"] < 100] == []
