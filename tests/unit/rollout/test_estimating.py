"""Intervals of shares hold what they promise, also where replies of a conversation are alike."""

from __future__ import annotations

import random

import pytest

from bot.rollout.estimating import estimate, wilson
from bot.store.rollout.figures import Clusters


def sums(clusters: list[tuple[int, int]]) -> Clusters:
    """Of conversations with (n, x) each."""
    n, x = [c[0] for c in clusters], [c[1] for c in clusters]
    pairs = list(zip(n, x, strict=True))
    return Clusters(
        len(clusters), sum(n), sum(x), sum(a * a for a in n), sum(a * b for a, b in pairs), sum(b * b for b in x)
    )


def test_nothing_counted_is_no_estimate() -> None:
    assert estimate(sums([])) is None


def test_single_replies_have_the_interval_of_wilson() -> None:
    found = estimate(sums([(1, 1)] * 10 + [(1, 0)] * 90))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(wilson(0.1, 100), rel=0.02)
    assert (found.low, found.high) == pytest.approx((0.0552, 0.1744), abs=0.001)


def test_fifty_replies_of_one_person_are_not_fifty_people() -> None:
    alone, together = estimate(sums([(1, 1)] * 10 + [(1, 0)] * 90)), estimate(sums([(10, 10)] + [(10, 0)] * 9))
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_where_all_are_alike_conversations_count() -> None:
    found = estimate(sums([(20, 0)] * 10))
    assert found is not None
    assert found.low == 0
    assert found.high == pytest.approx(wilson(0, 10)[1])


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Conversations that differ much among each other, 400 times: 95 % less what chance does."""
    draw, held = random.Random(4), 0
    for _ in range(400):
        clusters = []
        for _ in range(150):
            n, rate = draw.randint(1, 12), draw.betavariate(0.5, 4.5)  # the truth is 0.1
            clusters.append((n, sum(draw.random() < rate for _ in range(n))))
        found = estimate(sums(clusters))
        held += found is not None and found.low <= 0.1 <= found.high
    assert held / 400 >= 0.92
