from __future__ import annotations

import httpx
import pytest

from tests.rig.pager import Pager


async def test_nobody_listens_before_it_is_started_and_then_posts_are_kept_in_order() -> None:
    pager = Pager()
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(pager.url, json={"key": "early"})
        await pager.start()
        for key in ("a", "b"):
            assert (await client.post(pager.url, json={"key": key})).status_code == 204
    assert await pager.until(2, 5.0)
    assert not await pager.until(3, 0.0)
    assert pager.keys == ["a", "b"]
    await pager.stop()


def test_it_is_found_again_by_its_address() -> None:
    assert Pager.at(Pager(5001).url).url == Pager(5001).url
