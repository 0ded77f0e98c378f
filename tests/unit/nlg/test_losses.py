"""Losses against formulas written out in plain Python, and what must hold for all teachers and students."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from nlg import folders, losses, plugins
from nlg.errors import RecipeError
from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Said, Signal
from nlg.losses.hidden_state import similarities
from nlg.settings import build

Numbers = Sequence[float]
VOCABULARY, TOKENS, SEEN = 6, 4, 5


def softmax(odds: Numbers, heat: float = 1.0) -> list[float]:
    raised = [math.exp((one - max(odds)) / heat) for one in odds]
    return [one / sum(raised) for one in raised]


def kl(first: Numbers, second: Numbers) -> float:
    return math.fsum(p * math.log(p / q) for p, q in zip(first, second, strict=True) if p)


def between(first: Numbers, second: Numbers, share: float) -> list[float]:
    return [share * p + (1 - share) * q for p, q in zip(first, second, strict=True)]


def jsd(teacher: Numbers, student: Numbers, beta: float) -> float:
    middle = between(teacher, student, beta)
    return beta * kl(teacher, middle) + (1 - beta) * kl(student, middle)


ODDS: dict[str, tuple[dict[str, Any], Callable[[Numbers, Numbers], float]]] = {
    "forward": ({"name": "forward_kl"}, kl),
    "reverse": ({"name": "reverse_kl"}, lambda p, q: kl(q, p)),
    "jsd": ({"name": "jsd"}, lambda p, q: jsd(p, q, 0.5)),
    "jsd, a tenth": ({"name": "jsd", "beta": 0.1}, lambda p, q: jsd(p, q, 0.1)),
    "skewed": ({"name": "skewed_kl"}, lambda p, q: kl(p, between(p, q, 0.1))),
    "skewed by half": ({"name": "skewed_kl", "alpha": 0.5}, lambda p, q: kl(p, between(p, q, 0.5))),
}
WHOLE = ("hidden_state", "attention_transfer")


def made(name: str, **more: float) -> losses.Loss:
    """A loss built as from a recipe."""
    values = {"name": name, **ODDS.get(name, ({}, None))[0], **more}
    return build(plugins.loss(str(values.pop("name"))), values, "loss")


def chance(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3


def lesson_of(logits: Tensor) -> Lesson:
    return Lesson(torch.ones(logits.shape[:2], dtype=torch.long), torch.ones(0), Signal(logits.log_softmax(dim=-1)))


def pair(seed: int, dtype: torch.dtype = torch.float64) -> tuple[Said, Lesson]:
    """A student and a teacher of another width, both by chance. The second row is shorter in context and reply."""
    targets = torch.tensor([[1, 2, 3, 4], [5, 1, IGNORED, IGNORED]])
    read = torch.tensor([[True] * SEEN, [True, True, True, False, False]])

    def looks(shift: int) -> Tensor:
        odds = chance(2, TOKENS, SEEN, seed=seed + shift).masked_fill(~read.unsqueeze(1), -math.inf)
        return odds.softmax(dim=-1).to(dtype)

    student = Said(
        chance(2, TOKENS, VOCABULARY, seed=seed).to(dtype).requires_grad_(),
        chance(2, SEEN, 3, seed=seed + 1).to(dtype).requires_grad_(),
        looks(2).requires_grad_(),
    )
    odds = chance(2, TOKENS, VOCABULARY, seed=seed + 3).log_softmax(dim=-1).to(dtype)
    return student, Lesson(targets, read, Signal(odds), chance(2, SEEN, 7, seed=seed + 4).to(dtype), looks(5))


def heard(said: Said) -> tuple[Tensor, Tensor, Tensor]:
    assert said.memory is not None
    assert said.attention is not None
    return said.logits, said.memory, said.attention


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([1.0, 2.0, 0.5]))
@pytest.mark.parametrize("name", ODDS)
def test_losses_of_odds_are_their_formulas(name: str, seed: int, heat: float) -> None:
    ours, theirs = chance(2, 3, 5, seed=seed), chance(2, 3, 5, seed=seed + 1)
    got = made(name, temperature=heat)(Said(ours), lesson_of(theirs))
    for row in range(2):
        for at in range(3):
            teacher, student = softmax(theirs[row, at].tolist(), heat), softmax(ours[row, at].tolist(), heat)
            assert got[row, at].item() == pytest.approx(ODDS[name][1](teacher, student) * heat**2, abs=1e-12)


def test_numbers_that_can_be_checked_by_hand() -> None:
    """The teacher tosses a fair coin, and the student's falls on one side three times out of four."""
    said, lesson = Said(torch.tensor([[[3.0, 1.0]]]).log()), lesson_of(torch.zeros(1, 1, 2))
    assert made("forward_kl")(said, lesson).item() == pytest.approx(0.5 * math.log(4 / 3))
    assert made("reverse_kl")(said, lesson).item() == pytest.approx(0.75 * math.log(3) - math.log(2))
    skewed = made("skewed_kl", alpha=0.5)(said, lesson).item()  # between 1/2, 1/2 and 3/4, 1/4 lie 5/8, 3/8
    assert skewed == pytest.approx(0.5 * math.log(16 / 15), rel=1e-5)
    other = 0.75 * math.log(6 / 5) + 0.25 * math.log(2 / 3)
    assert made("jsd")(said, lesson).item() == pytest.approx(0.25 * math.log(16 / 15) + other / 2, rel=1e-5)


@pytest.mark.parametrize("name", ["forward_kl", "reverse_kl", "jsd", "skewed_kl"])
def test_at_another_temperature_it_is_another_loss_but_slopes_keep_their_size(name: str) -> None:
    sizes, values = [], []
    for heat in (1.0, 2.0):
        logits = (chance(1, 8, 5, seed=1) / 30).requires_grad_()
        loss = made(name, temperature=heat)(Said(logits), lesson_of(chance(1, 8, 5, seed=2) / 30)).sum()
        sizes.append(torch.autograd.grad(loss, logits)[0].norm().item())
        values.append(loss.item())
    assert values[0] != pytest.approx(values[1], rel=1e-4)
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


def test_jsd_divided_by_beta_goes_to_forward_kl_and_at_the_other_end_to_reverse_kl() -> None:
    said, lesson = Said(chance(1, 3, 5, seed=1)), lesson_of(chance(1, 3, 5, seed=2))
    near = made("jsd", beta=1e-6)(said, lesson) / 1e-6
    torch.testing.assert_close(near, made("forward_kl")(said, lesson), rtol=1e-3, atol=0)
    far = made("jsd", beta=1 - 1e-6)(said, lesson) / 1e-6
    torch.testing.assert_close(far, made("reverse_kl")(said, lesson), rtol=1e-3, atol=0)


@settings(deadline=None)
@given(st.integers(0, 999), st.floats(0.05, 0.95))
def test_jsd_is_symmetric_when_roles_and_shares_are_swapped(seed: int, beta: float) -> None:
    ours, theirs = chance(1, 2, 5, seed=seed), chance(1, 2, 5, seed=seed + 1)
    one = made("jsd", beta=beta)(Said(ours), lesson_of(theirs))
    torch.testing.assert_close(one, made("jsd", beta=1 - beta)(Said(theirs), lesson_of(ours)))


@settings(deadline=None)
@given(st.integers(0, 999), st.floats(0.05, 0.95))
def test_a_mixture_keeps_losses_below_what_its_share_allows(seed: int, share: float) -> None:
    said, lesson = Said(chance(1, 2, 5, seed=seed) * 50), lesson_of(chance(1, 2, 5, seed=seed + 1) * 50)
    assert made("skewed_kl", alpha=share)(said, lesson).max().item() <= -math.log(share) + 1e-9
    chance_of_two = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert made("jsd", beta=share)(said, lesson).max().item() <= chance_of_two + 1e-9


def test_forward_kl_with_a_teacher_who_is_certain_is_cross_entropy() -> None:
    targets = torch.tensor([[0, 3, 2], [1, 1, 4]])
    logits = chance(2, 3, 5, seed=4).requires_grad_()
    certain = torch.full_like(logits, -math.inf).scatter(-1, targets.unsqueeze(-1), 0.0)
    lesson = Lesson(targets, torch.ones(0), Signal(certain))
    distilled, usual = made("forward_kl")(Said(logits), lesson), made("cross_entropy")(Said(logits), lesson)
    torch.testing.assert_close(distilled, usual)
    slopes = [torch.autograd.grad(loss.sum(), logits)[0] for loss in (distilled, usual)]
    torch.testing.assert_close(*slopes)


@settings(deadline=None)
@given(st.integers(0, 999))
@pytest.mark.parametrize("name", [*ODDS, *WHOLE])
def test_no_loss_is_below_zero(name: str, seed: int) -> None:
    assert made(name)(*pair(seed)).min().item() >= -1e-12


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([1.0, 2.0]), st.integers(1, VOCABULARY))
@pytest.mark.parametrize("name", ODDS)
def test_a_student_who_says_what_the_teacher_says_has_nothing_to_learn_of_odds(
    name: str, seed: int, heat: float, most: int
) -> None:
    logits = chance(2, 3, VOCABULARY, seed=seed).requires_grad_()
    lesson = lesson_of(logits.detach())
    assert lesson.signal is not None
    told = [made(name, temperature=heat)(Said(logits), lesson)]
    told.append(made(name)(Said(logits), replace(lesson, signal=lesson.signal.cut(most))))
    for loss in told:
        torch.testing.assert_close(loss, torch.zeros_like(loss), atol=1e-12, rtol=0)
        assert torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0].abs().max().item() < 1e-9


@pytest.mark.parametrize("name", WHOLE)
def test_a_student_who_does_what_the_teacher_does_has_nothing_to_learn(name: str) -> None:
    said, lesson = pair(3)
    lesson = replace(lesson, memory=said.memory, attention=said.attention)
    loss = made(name)(said, lesson)
    torch.testing.assert_close(loss, torch.zeros_like(loss), atol=1e-12, rtol=0)


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([1.0, 2.0]))
@pytest.mark.parametrize("name", ODDS)
def test_a_signal_of_all_tokens_is_the_same_written_down_or_live(name: str, seed: int, heat: float) -> None:
    said, lesson = pair(seed)
    assert lesson.signal is not None
    cut = replace(lesson, signal=lesson.signal.cut(VOCABULARY))
    live, written = (made(name, temperature=heat)(said, told) for told in (lesson, cut))
    torch.testing.assert_close(written, live)
    slopes = [torch.autograd.grad(loss.sum(), said.logits)[0] for loss in (live, written)]
    torch.testing.assert_close(*slopes)


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(1, VOCABULARY - 1))
@pytest.mark.parametrize("name", ODDS)
def test_a_cut_signal_compares_its_tokens_and_all_others_as_one(name: str, seed: int, most: int) -> None:
    said, lesson = pair(seed)
    assert lesson.signal is not None
    cut = lesson.signal.cut(most)
    assert cut.tokens is not None
    got = made(name)(said, replace(lesson, signal=cut))[0, 0].item()
    kept = cut.tokens[0, 0].tolist()
    teacher, student = lesson.signal.odds[0, 0].exp().tolist(), softmax(said.logits[0, 0].tolist())
    grouped = [[*(all_of[at] for at in kept), 1 - sum(all_of[at] for at in kept)] for all_of in (teacher, student)]
    assert got == pytest.approx(ODDS[name][1](*grouped), abs=1e-9)


EXTREME = st.lists(st.floats(-1e30, 1e30), min_size=4, max_size=4)
BARRED = st.lists(st.floats(-1e4, 1e4) | st.just(-math.inf), min_size=3, max_size=3).map(lambda up: [0.0, *up])


@settings(deadline=None)
@given(EXTREME, BARRED, st.sampled_from([1.0, 2.0, 0.1]), st.sampled_from([None, 1, 3, 4]))
@example([1e30, -1e30, 0.0, 0.0], [0.0, -math.inf, -math.inf, -math.inf], 1.0, None)
@example([-200.0, 0.0, 0.0, 0.0], [0.0, -math.inf, -math.inf, -math.inf], 1.0, 1)
@pytest.mark.parametrize("name", ODDS)
def test_losses_and_slopes_stay_finite_in_float32_whatever_is_said(
    name: str, ours: list[float], theirs: list[float], heat: float, most: int | None
) -> None:
    logits = torch.tensor([[ours]], requires_grad=True)
    lesson = lesson_of(torch.tensor([[theirs]]))
    assert lesson.signal is not None
    if most is not None:
        lesson = replace(lesson, signal=lesson.signal.cut(most))
    loss = made(name, temperature=heat)(Said(logits), lesson)
    assert bool(loss.isfinite().all())
    assert bool(torch.autograd.grad(loss.sum(), logits)[0].isfinite().all())


@pytest.mark.parametrize("name", ["reverse_kl", "jsd", "skewed_kl"])
def test_a_student_may_exclude_what_the_teacher_does_not(name: str) -> None:
    logits = torch.tensor([[[0.3, -math.inf, 0.1, -math.inf]]], requires_grad=True)
    told = torch.tensor([[[0.4, 0.3, 0.2, 0.1]]]).log(), torch.tensor([[[0.7, 0.0, 0.2, 0.1]]]).log()
    for signal in (*(Signal(odds) for odds in told), Signal(torch.zeros(1, 1, 4)).cut(2)):
        loss = made(name)(Said(logits), Lesson(torch.ones(1, 1, dtype=torch.long), torch.ones(0), signal))
        assert bool(loss.isfinite().all())
        assert bool(torch.autograd.grad(loss.sum(), logits)[0].isfinite().all())


@pytest.mark.parametrize("name", [*ODDS, *WHOLE])
def test_slopes_are_those_of_the_values(name: str) -> None:
    said, lesson = pair(11)

    def of(logits: Tensor, memory: Tensor, scores: Tensor) -> Tensor:
        return made(name)(Said(logits, memory, scores.softmax(dim=-1)), lesson)

    scores = chance(2, TOKENS, SEEN, seed=12).requires_grad_()
    assert torch.autograd.gradcheck(of, (*heard(said)[:2], scores))


@pytest.mark.parametrize("name", ["cross_entropy", *ODDS, *WHOLE])
def test_padding_changes_neither_values_nor_slopes(name: str) -> None:
    """Each row alone, without its padding, against both rows together with anything there."""
    said, lesson = pair(7)
    together = made(name)(said, lesson)
    slopes = torch.autograd.grad(together[lesson.real].sum(), heard(said), materialize_grads=True)
    for row, (tokens, seen) in enumerate(((TOKENS, SEEN), (2, 3))):
        lone, told = alone(said, lesson, row, tokens, seen)
        loss = made(name)(lone, told)
        torch.testing.assert_close(loss, together[row : row + 1, :tokens])
        expected = torch.autograd.grad(loss.sum(), heard(lone), materialize_grads=True)
        for slope, own in zip(slopes, expected, strict=True):
            widened = torch.zeros_like(slope[row : row + 1])
            widened[tuple(slice(size) for size in own.shape)] = own
            torch.testing.assert_close(slope[row : row + 1], widened)


def alone(said: Said, lesson: Lesson, row: int, tokens: int, seen: int) -> tuple[Said, Lesson]:
    logits, memory, attention = (part[row : row + 1].detach() for part in heard(said))
    assert lesson.signal is not None
    assert lesson.memory is not None
    assert lesson.attention is not None
    own = Said(logits[:, :tokens], memory[:, :seen], attention[:, :tokens, :seen])
    for part in heard(own):
        part.requires_grad_()
    told = Lesson(
        lesson.targets[row : row + 1, :tokens],
        lesson.read[row : row + 1, :seen],
        Signal(lesson.signal.odds[row : row + 1, :tokens]),
        lesson.memory[row : row + 1, :seen],
        lesson.attention[row : row + 1, :tokens, :seen],
    )
    return own, told


@pytest.mark.parametrize("name", WHOLE)
def test_what_stands_in_the_padding_of_a_context_is_not_compared(name: str) -> None:
    said, lesson = pair(5)
    assert lesson.memory is not None
    assert lesson.attention is not None
    logits, memory, attention = heard(said)
    padding = ~lesson.read
    spoilt = Said(
        logits,
        memory.masked_fill(padding.unsqueeze(-1), math.nan),
        attention.masked_fill(padding.unsqueeze(1), math.nan),
    )
    other = replace(
        lesson,
        memory=lesson.memory.masked_fill(padding.unsqueeze(-1), math.nan),
        attention=lesson.attention.masked_fill(padding.unsqueeze(1), math.nan),
    )
    torch.testing.assert_close(made(name)(spoilt, other), made(name)(said, lesson))


@pytest.mark.parametrize("name", WHOLE)
def test_losses_of_rows_or_places_have_the_shape_of_the_targets(name: str) -> None:
    said, lesson = pair(2)
    loss = made(name)(said, lesson)
    assert loss.shape == lesson.targets.shape
    if name == "hidden_state":
        assert torch.equal(loss, loss[:, :1].expand_as(loss))


def test_similarities_are_as_computed_in_plain_python() -> None:
    memory = chance(1, 4, 3, seed=9)
    read = torch.tensor([[True, True, True, False]])
    rows = memory[0, :3].tolist()
    mean = [sum(column) / 3 for column in zip(*rows, strict=True)]
    apart = [[value - middle for value, middle in zip(row, mean, strict=True)] for row in rows]
    alike = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in apart] for one in apart]
    expected = [[value / math.hypot(*row) for value in row] for row in alike]
    got = similarities(memory, read)
    torch.testing.assert_close(got[0, :3, :3], torch.tensor(expected, dtype=torch.float64))
    assert not got[0, 3].any()
    assert not got[0, :, 3].any()


@settings(deadline=None)
@given(st.integers(0, 999), st.floats(0.1, 9.0))
def test_turned_stretched_or_shifted_a_context_holds_the_same_tokens_for_alike(seed: int, by: float) -> None:
    said, lesson = pair(seed)
    assert lesson.memory is not None
    turn = torch.linalg.qr(chance(7, 7, seed=seed))[0]
    other = lesson.memory @ turn * by + chance(1, 1, 7, seed=seed + 9)
    loss = made("hidden_state")(replace(said, memory=other), lesson)
    torch.testing.assert_close(loss, torch.zeros_like(loss), atol=1e-9, rtol=0)


@pytest.mark.parametrize("memory", [torch.ones(1, 1, 3), torch.zeros(1, 4, 3), chance(1, 4, 3, seed=1).float() * 1e-8])
def test_tokens_that_are_all_alike_spoil_no_slopes(memory: Tensor) -> None:
    memory = memory.clone().requires_grad_()
    read = torch.ones(memory.shape[:2], dtype=torch.bool)
    lesson = Lesson(torch.ones(1, 2, dtype=torch.long), read, memory=chance(1, memory.shape[1], 2, seed=1).float())
    loss = made("hidden_state")(Said(torch.zeros(1, 2, 3), memory), lesson)
    (slope,) = torch.autograd.grad(loss.sum(), memory)
    assert bool(loss.isfinite().all())
    assert slope.norm().item() < 10.0


def test_attention_is_compared_by_the_formula() -> None:
    said, lesson = pair(6)
    assert said.attention is not None
    assert lesson.attention is not None
    loss = made("attention_transfer")(said, lesson)
    for row, seen in ((0, 5), (1, 3)):
        for at in range(TOKENS):
            theirs, own = (looks[row, at, :seen].tolist() for looks in (lesson.attention, said.attention))
            assert loss[row, at].item() == pytest.approx(kl(theirs, own), abs=1e-12)


def test_a_student_that_looks_nowhere_near_still_learns_to_look() -> None:
    odds = torch.tensor([[[0.0, -90.0, -300.0]]], requires_grad=True)
    theirs = torch.tensor([[[0.0, 0.5, 0.5]]])
    lesson = Lesson(torch.ones(1, 1, dtype=torch.long), torch.ones(1, 3, dtype=torch.bool), attention=theirs)
    loss = made("attention_transfer")(Said(torch.zeros(1, 1, 2), attention=odds.softmax(dim=-1)), lesson)
    (slope,) = torch.autograd.grad(loss.sum(), odds)
    assert bool(loss.isfinite().all())
    assert bool(slope.isfinite().all())


@pytest.mark.parametrize("name", folders.names(losses))
def test_every_loss_can_be_had_by_its_name_and_says_what_it_needs(name: str) -> None:
    loss = made(name)
    assert loss.needs <= {"odds", "memory", "attention", "worse"}
    said, lesson = pair(1)
    assert loss(said, lesson).shape == lesson.targets.shape


@pytest.mark.parametrize("name", ["forward_kl", "reverse_kl", "jsd", "skewed_kl"])
@pytest.mark.parametrize("heat", [0.0, -1.0, math.inf, math.nan])
def test_a_temperature_that_nothing_can_be_divided_by_is_refused(name: str, heat: float) -> None:
    with pytest.raises(RecipeError, match=r"^loss: temperature .* should be above 0"):
        made(name, temperature=heat)


@pytest.mark.parametrize(("name", "share"), [("jsd", "beta"), ("skewed_kl", "alpha")])
@pytest.mark.parametrize("value", [0.0, 1.0, -0.5, 1.5, math.nan])
def test_a_share_that_mixes_nothing_is_refused_with_what_to_take_instead(name: str, share: str, value: float) -> None:
    with pytest.raises(RecipeError, match=f"^loss: {share} .* forward_kl"):
        made(name, **{share: value})
