"""The faults that matter most, small, at each change. `make faults` tries all of them, and larger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.options import Options
from tests.faults.trial import try_case
from tests.rig.servers import Unavailable

TRIALS = [
    ("kill", Options("postgresql", "redis", messages=40, chats=8, faults=2)),
    ("kill", Options("sqlite", "embedded", messages=40, chats=8, faults=2)),
    ("flush", Options("postgresql", "redis", messages=40, chats=8, faults=2)),
    ("window", Options("postgresql", "redis", faults=1)),
    ("duplicates", Options("postgresql", "redis", messages=10)),
    ("database", Options("postgresql", "redis", messages=30, chats=6, faults=1)),
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("case", "size"), TRIALS, ids=[f"{case}-{size.store}" for case, size in TRIALS])
def test_nothing_is_lost_or_said_twice_unflagged(case: str, size: Options, tmp_path: Path) -> None:
    try:
        found = try_case(case, size, tmp_path)
    except Unavailable as missing:
        pytest.skip(str(missing))
    # How fast a machine recovers that runs other tests at the same time says nothing; what it lost does.
    assert [row for row in found if not row.met and "recovery" not in row.name] == []
