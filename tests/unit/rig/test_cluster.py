from __future__ import annotations

from pathlib import Path

import pytest

from tests.rig.cluster import cluster
from tests.rig.databases import Postgres
from tests.rig.servers import Unavailable


async def test_a_server_of_ones_own_is_crashed_and_keeps_what_was_committed(tmp_path: Path) -> None:
    try:
        async with cluster(tmp_path) as server:
            await server.rows("CREATE TABLE kept AS SELECT 7 AS n")
            await server.crash()
            assert not await server.answers()
            assert await server.start() < 60
            assert await Postgres(server.url).rows("SELECT n FROM kept") == [{"n": 7}]
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert not await server.answers()
    assert "was not properly shut down" in (tmp_path / "postgresql.log").read_text("utf-8")
