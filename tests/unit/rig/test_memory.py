from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.memory import Sample, resident, slope


def life(pid: int, begins: float, level: float, growth: float, looks: int = 20) -> list[Sample]:
    """A process that is looked at every 10 seconds and grows by so many MB a minute."""
    return [Sample(pid, begins + 10.0 * n, level + growth * n / 6) for n in range(looks)]


@given(st.floats(-50, 50), st.floats(10, 1000), st.floats(0, 1e5))
def test_a_slope_is_found_whatever_the_level_and_the_time(growth: float, level: float, begins: float) -> None:
    assert slope(life(1, begins, level, growth), warm=0.0) == pytest.approx(growth, abs=1e-6)


def test_who_is_started_again_and_begins_small_has_not_shrunk() -> None:
    assert slope([*life(1, 0, 300, 2.0), *life(2, 200, 100, 2.0)], warm=0.0) == pytest.approx(2.0)


def test_what_a_process_takes_to_begin_with_is_no_growth() -> None:
    beginning = [Sample(1, 10.0 * n, 50.0 * n) for n in range(6)]
    assert slope([*beginning, *life(1, 60, 300, 0.0)], warm=60.0) == pytest.approx(0.0)


def test_from_one_look_nothing_follows() -> None:
    assert slope(life(1, 0, 100, 5.0, looks=1), warm=0.0) is None
    assert slope(life(1, 0, 100, 5.0, looks=3), warm=60.0) is None


def test_our_own_memory_is_some_and_that_of_nobody_is_none() -> None:
    assert 5 < resident(os.getpid()) < 5000
    assert resident(2**22 + 1) == 0.0
