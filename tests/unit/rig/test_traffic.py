from __future__ import annotations

from collections import Counter

from connectors.telegram.standin import StandIn
from tests.faults.traffic import plan, speak


def test_the_same_seed_gives_the_same_day() -> None:
    assert plan(100, 10, 20.0, seed=3) == plan(100, 10, 20.0, seed=3) != plan(100, 10, 20.0, seed=4)


def test_a_day_has_the_asked_size_spread_and_share_of_second_deliveries() -> None:
    sayings = plan(1000, 50, 20.0)
    assert Counter(Counter(saying.chat for saying in sayings).values()) == {20: 50}
    assert len({saying.name for saying in sayings}) == 1000
    assert 150 < sum(bool(saying.twice) for saying in sayings) < 250
    assert 40 < sayings[-1].at < 60
    assert [saying.at for saying in sayings] == sorted(saying.at for saying in sayings)


async def test_everything_is_written_and_a_share_is_delivered_again() -> None:
    sayings = plan(40, 4, 2000.0, twice=0.5)
    async with StandIn() as telegram:
        await speak(telegram, sayings, again_within=0.05)
        assert telegram.waiting == 40 + sum(bool(saying.twice) for saying in sayings) > 50
