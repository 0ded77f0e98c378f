from __future__ import annotations

import pytest

from tests.faults.cases.poison import mixed
from tests.faults.options import Options
from tests.faults.traffic import plan


def test_people_write_as_long_as_a_fault_needs_and_never_faster_than_asked() -> None:
    assert Options(messages=100, rate=10.0).lasting(50.0).rate == pytest.approx(2.0)
    assert Options(messages=100, rate=10.0).lasting(5.0).rate == pytest.approx(10.0)
    assert Options().lasting(0.0) == Options()


def test_poison_is_spread_among_the_others_each_in_a_chat_of_its_own() -> None:
    options = Options(messages=40, chats=5, faults=3)
    sayings = mixed(plan(40, 5, 10.0), options)
    assert [saying.at for saying in sayings] == sorted(saying.at for saying in sayings)
    poisoned = [saying for saying in sayings if saying.name.startswith("stub-crash")]
    assert len({saying.chat for saying in poisoned} - {saying.chat for saying in plan(40, 5, 10.0)}) == 3
    assert len(sayings) == 43
