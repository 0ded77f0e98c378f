"""What a teacher says of tokens: it adds up, however much of it was cut away, and however warm it is taken."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Signal

SIZES = st.integers(1, 9)
HEATS = st.sampled_from([0.25, 1.0, 2.0, 7.5])
SEEDS = st.integers(0, 999)


def chance(size: int, seed: int) -> Tensor:
    """Log-odds (2, 3, size) in double precision, some of them far apart."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, size, generator=made, dtype=torch.float64) * 4


def full(size: int, seed: int) -> Signal:
    return Signal(chance(size, seed).log_softmax(dim=-1))


@settings(deadline=None)
@given(SIZES, SIZES, HEATS, SEEDS)
def test_events_add_up_to_one(size: int, most: int, heat: float, seed: int) -> None:
    for signal in (full(size, seed), full(size, seed).cut(most)):
        for events in (signal.events(size, heat), signal.same_events(chance(size, seed + 1), heat)):
            torch.testing.assert_close(events.exp().sum(dim=-1), torch.ones(2, 3, dtype=torch.float64))


@settings(deadline=None)
@given(SIZES, SIZES, SEEDS)
def test_the_rest_is_what_the_kept_tokens_leave(size: int, most: int, seed: int) -> None:
    signal = full(size, seed)
    cut = signal.cut(most)
    assert cut.tokens is not None
    assert cut.rest is not None
    kept = cut.odds.exp().sum(dim=-1)
    torch.testing.assert_close(cut.rest.exp(), 1 - kept, atol=1e-12, rtol=0)
    torch.testing.assert_close(signal.odds.gather(-1, cut.tokens), cut.odds)
    assert cut.odds.shape[-1] == min(most, size)
    left_out = signal.odds.scatter(-1, cut.tokens, -math.inf).amax(dim=-1)
    assert bool((left_out <= cut.odds.amin(dim=-1)).all())


@settings(deadline=None)
@given(SIZES, SIZES, HEATS, SEEDS)
def test_a_signal_that_was_cut_asks_a_student_what_the_student_cut_alike_would_say(
    size: int, most: int, heat: float, seed: int
) -> None:
    cut, logits = full(size, seed).cut(most), chance(size, seed + 1)
    assert cut.tokens is not None
    sure = (logits / heat).softmax(dim=-1)
    told = sure.gather(-1, cut.tokens)
    expected = torch.cat([told, sure.scatter(-1, cut.tokens, 0.0).sum(dim=-1, keepdim=True)], dim=-1)
    torch.testing.assert_close(cut.same_events(logits, heat).exp(), expected)


@settings(deadline=None)
@given(SIZES, SIZES, SEEDS)
def test_at_temperature_one_a_cut_signal_tells_what_the_live_one_would(size: int, most: int, seed: int) -> None:
    logits = chance(size, seed)
    cut = Signal(logits.log_softmax(dim=-1)).cut(most)
    torch.testing.assert_close(cut.events(size).exp(), cut.same_events(logits).exp())


@settings(deadline=None)
@given(SIZES, HEATS, SEEDS)
def test_with_all_tokens_kept_nothing_is_left_and_the_rest_is_as_warm(size: int, heat: float, seed: int) -> None:
    signal = full(size, seed)
    cut = signal.cut(size)
    assert cut.tokens is not None
    events = cut.events(size, heat)
    assert bool(events[..., -1].isneginf().all())
    torch.testing.assert_close(events[..., :-1], signal.events(size, heat).gather(-1, cut.tokens))


@pytest.mark.parametrize("heat", [0.5, 2.0])
def test_a_flat_tail_stays_right_when_it_is_warmed(heat: float) -> None:
    odds = torch.tensor([[[0.4, 0.3, 0.1, 0.1, 0.1]]], dtype=torch.float64).log()
    raised = [0.4 ** (1 / heat), 0.3 ** (1 / heat), 3 * 0.1 ** (1 / heat)]
    expected = torch.tensor([[[part / sum(raised) for part in raised]]], dtype=torch.float64)
    torch.testing.assert_close(Signal(odds).cut(2).events(5, heat).exp(), expected)


def test_a_rest_that_no_token_is_left_for_counts_for_nothing() -> None:
    tokens = torch.tensor([[[1, 0]]])
    stray = Signal(torch.tensor([[[0.7, 0.3]]]).log(), tokens, torch.tensor([[-9.0]]))
    torch.testing.assert_close(stray.events(2).exp(), torch.tensor([[[0.7, 0.3, 0.0]]]))


def test_a_student_that_excludes_all_other_tokens_still_has_slopes() -> None:
    logits = torch.tensor([[[0.5, 0.2, -math.inf, -math.inf]]], requires_grad=True)
    events = Signal(torch.zeros(1, 1, 2), torch.tensor([[[0, 1]]])).same_events(logits)
    events.exp().square().sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())
    assert events[..., -1].exp().item() == 0.0


def test_padding_is_where_nothing_is_to_be_predicted() -> None:
    lesson = Lesson(torch.tensor([[4, IGNORED], [0, 3]]), torch.ones(2, 5, dtype=torch.bool))
    assert lesson.real.tolist() == [[True, False], [True, True]]
