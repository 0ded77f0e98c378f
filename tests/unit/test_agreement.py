"""Agreement and intervals against numbers from the literature and against their definitions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agreement import SURE, kappa, share

VERDICTS = st.sampled_from(["good", "bad"])


def test_kappa_is_that_of_the_usual_example() -> None:
    """Twice twenty-five verdicts: 20 both yes, 15 both no, 5 and 10 apart. Seen 0.7, by chance 0.5, so 0.4."""
    pairs = [("good", "good")] * 20 + [("good", "bad")] * 5 + [("bad", "good")] * 10 + [("bad", "bad")] * 15
    assert kappa(pairs) == pytest.approx(0.4)


def test_kappa_of_full_agreement_is_one_and_of_full_disagreement_minus_one() -> None:
    assert kappa([("good", "good"), ("bad", "bad")]) == 1.0
    assert kappa([("good", "bad"), ("bad", "good")]) == -1.0


def test_kappa_is_not_defined_without_pairs_or_where_chance_agrees_always() -> None:
    assert kappa([]) is None
    assert kappa([("good", "good")] * 5) is None


@given(st.lists(st.tuples(VERDICTS, VERDICTS), min_size=1, max_size=60))
def test_kappa_is_symmetric_and_within_its_bounds(pairs: list[tuple[str, str]]) -> None:
    found = kappa(pairs)
    turned = kappa([(second, first) for first, second in pairs])
    assert (found is None) == (turned is None)
    if found is not None:
        assert -1.0 - 1e-9 <= found <= 1.0
        assert found == pytest.approx(turned)


def test_the_interval_is_that_of_wilson() -> None:
    """Newcombe (1998), table I, method 3: 81 of 263 gives 0.2553 to 0.3662."""
    found = share(81, 263)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert share(0, 20).high == pytest.approx(0.1611, abs=5e-5)


def test_a_share_of_nothing_may_be_anything() -> None:
    assert share(0, 0) == share(0, 0)
    assert (share(0, 0).value, share(0, 0).low, share(0, 0).high) == (0.0, 0.0, 1.0)


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_both_ends_of_the_interval_are_as_far_off_as_it_says(counted: tuple[int, int]) -> None:
    """Wilson's ends are the shares p from which the one that was seen is exactly so many standard errors away."""
    hits, of = counted
    found = share(hits, of)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    for end in (found.low, found.high):
        if 0.0 < end < 1.0 and not math.isclose(end, found.value):
            error = math.sqrt(end * (1 - end) / of)
            assert abs(found.value - end) / error == pytest.approx(SURE, rel=1e-6)
