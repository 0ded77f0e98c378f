"""Every fault on every place, at the size that PALAVER_TEST_FAULT_... asks for; small by default."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.plugins import plugin_names
from tests.faults import cases
from tests.faults.options import Options
from tests.faults.report import save
from tests.faults.trial import PLACES, REPORT, try_case

ROOT = Path(__file__).parents[2]
MESSAGES, CHATS, FAULTS = (
    int(os.environ.get(f"PALAVER_TEST_FAULT_{name}", default))
    for name, default in (("MESSAGES", "100"), ("CHATS", "10"), ("COUNT", "3"))
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("store", "broker"), PLACES, ids=["-".join(place) for place in PLACES])
@pytest.mark.parametrize("case", plugin_names(cases))
def test_nobody_notices(case: str, store: str, broker: str, tmp_path: Path) -> None:
    size = Options(store, broker, messages=MESSAGES, chats=CHATS, faults=FAULTS)
    try:
        found = try_case(case, size, tmp_path)
    except (OSError, RuntimeError) as error:
        pytest.skip(f"{store} or {broker} is not to be had here: {error}")
    if not found:
        pytest.skip("makes no sense there")
    save(found, ROOT / REPORT)
    assert not [row for row in found if not row.met]
