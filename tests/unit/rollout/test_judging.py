"""The automatic roll back in simulations: how often it is wrong, how soon it is right."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address
from bot.rollout.judging import Trial, evidence, judge
from bot.versions import Stage, Version, assigned

ERROR = 0.05
"""Larger than in service, so that few simulations can tell."""
SIMULATIONS = 800
LOOKS = 300
"""Each simulated canary is looked at after each of so many conversations that went wrong."""


def false_alarms(alarm: Callable[[float, int, int], bool], share: float, seed: int) -> float:
    """How often a canary that is as good as production is taken back, when one looks after every conversation."""
    draw = random.Random(seed)
    return sum(_goes_off(alarm, share, draw) for _ in range(SIMULATIONS)) / SIMULATIONS


def _goes_off(alarm: Callable[[float, int, int], bool], share: float, draw: random.Random) -> bool:
    canary = 0
    for looked in range(1, LOOKS + 1):
        drawn = draw.random() < share
        canary += drawn
        if drawn and alarm(share, canary, looked - canary):  # a failure with production speaks for the canary
            return True
    return False


def ours(share: float, canary: int, production: int) -> bool:
    return judge({"fallback": [Trial(share, canary, production)]}, ERROR) is not None


def plain(share: float, canary: int, production: int) -> bool:
    """The usual one-sided test of a proportion at the same error, done again at each look."""
    total = canary + production
    z = (canary - total * share) / math.sqrt(total * share * (1 - share))
    return total >= 10 and z > 1.645


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_a_good_canary_is_taken_back_no_more_often_than_promised(share: float) -> None:
    chance = 2 * math.sqrt(ERROR * (1 - ERROR) / SIMULATIONS)
    assert false_alarms(ours, share, seed=11) <= ERROR + chance


def test_a_plain_test_looked_at_as_often_would_be_wrong_many_times_more_often() -> None:
    assert false_alarms(plain, 0.2, seed=11) > 4 * ERROR


def test_a_good_canary_is_left_alone_also_where_replies_of_a_conversation_go_wrong_together() -> None:
    """Whole conversations, the real lots, people who differ much: counted is each conversation once."""
    draw, alarms = random.Random(5), 0
    versions = [Version("old", Stage.PRODUCTION), Version("new", Stage.CANARY, 0.2)]
    for simulation in range(200):
        counts = {"old": 0, "new": 0}
        for number in range(150):
            chosen = assigned(Address("web", str(simulation), str(number)), versions)
            hopeless = draw.betavariate(0.2, 2)  # most people never meet a failure, some meet one each time
            if chosen and any(draw.random() < hopeless for _ in range(draw.randint(1, 12))):
                counts[chosen.name] += 1
                if ours(0.2, counts["new"], counts["old"]):
                    alarms += 1
                    break
    assert alarms / 200 <= ERROR + 2 * math.sqrt(ERROR * (1 - ERROR) / 200)


def conversations_until_alarm(ratio: float, share: float, rate: float, draw: random.Random) -> int:
    counts, talked = [0, 0], 0
    while not ours(share, *counts):
        talked += 1
        canary = draw.random() < share
        if draw.random() < (min(1.0, rate * ratio) if canary else rate):
            counts[0 if canary else 1] += 1
    return talked


@pytest.mark.parametrize(("ratio", "rate", "most"), [(20.0, 0.05, 150), (4.0, 0.05, 1000), (2.0, 0.1, 3000)])
def test_the_worse_a_canary_is_the_sooner_it_is_taken_back(ratio: float, rate: float, most: int) -> None:
    draw = random.Random(3)
    needed = sorted(conversations_until_alarm(ratio, 0.1, rate, draw) for _ in range(40))
    assert needed[len(needed) // 2] <= most


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0.001, 0.99))
def test_the_evidence_is_a_number_however_much_was_counted(canary: int, production: int, share: float) -> None:
    found = evidence([Trial(share, canary, production)])
    assert found >= 0
    assert math.isfinite(found)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.9))
def test_one_more_failure_speaks_against_whom_it_happened_with(canary: int, production: int, share: float) -> None:
    before = evidence([Trial(share, canary, production)])
    assert evidence([Trial(share, canary + 1, production)]) > before
    assert evidence([Trial(share, canary, production + 1)]) < before


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_two_to_compare_there_is_no_evidence(share: float) -> None:
    assert evidence([Trial(share, 1000, 0)]) == pytest.approx(1)
    assert evidence([]) == pytest.approx(1)


def test_shares_that_changed_are_each_counted_by_their_own() -> None:
    """Half of the failures with a canary that had half of the people says nothing, whatever came before."""
    fair = [Trial(0.05, 1, 19), Trial(0.5, 50, 50)]
    assert judge({"fallback": fair}, 0.01) is None
    assert judge({"fallback": [Trial(0.05, 51, 69)]}, 0.01) is not None


def test_two_measures_share_the_error_and_the_one_that_says_most_is_named() -> None:
    bad = [Trial(0.1, 5, 2)]
    alone = judge({"thumbs": bad}, 0.01)
    assert alone is not None
    assert alone.evidence >= 100
    limit = 1.5 / alone.evidence
    assert judge({"thumbs": bad}, limit * 2 / 3) is not None
    assert judge({"thumbs": bad, "fallback": [Trial(0.1, 1, 9)]}, limit * 2 / 3) is None
    both = judge({"thumbs": bad, "fallback": [Trial(0.1, 1, 9)]}, 0.1)
    assert both is not None
    assert (both.measure, both.canary, both.production) == ("thumbs", 5, 2)


def test_a_canary_that_fails_everybody_is_taken_back_after_a_few_conversations() -> None:
    """At a share of 5 %, with an error of 1 % and two measures: the fourth failure in a row is enough."""
    measures = {"thumbs": [Trial(0.05, 0, 0)], "fallback": [Trial(0.05, 4, 0)]}
    assert judge(measures, 0.01) is not None
