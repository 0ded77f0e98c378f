"""The preference loss against its formula, by hand and with slopes, and how rejected replies reach it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nlg.checkpoint import Checkpoint
from nlg.contract import Line, Role
from nlg.data import batches
from nlg.data.batches import Batch
from nlg.data.examples import Example
from nlg.hearing import hear
from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Said, Signal
from nlg.losses.dpo import DPO
from nlg.teaching.live import Live
from nlg.tokenizer import EOS, PAD
from nlg.training import pieces

CPU = torch.device("cpu")
PARTS = DPO.needs
LONG, SHORT, WORDS = 4, 3, 6


def chance(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pair(seed: int) -> tuple[Said, Lesson]:
    """Two rows: in the second the chosen reply is shorter; of a third, nothing was rejected."""
    targets = torch.tensor([[1, 2, 3, 4], [5, 1, IGNORED, IGNORED], [2, 2, 2, 0]])
    worse = torch.tensor([[3, 3, IGNORED], [0, 4, 2], [IGNORED] * SHORT])
    said = Said(
        chance(3, LONG, WORDS, seed=seed).requires_grad_(),
        worse=chance(3, SHORT, WORDS, seed=seed + 1).requires_grad_(),
    )
    told, other = (
        Signal(chance(3, size, WORDS, seed=seed + at).log_softmax(dim=-1)) for size, at in ((LONG, 2), (SHORT, 3))
    )
    read = torch.ones(3, 2, dtype=torch.bool)
    return said, Lesson(targets, read, told, worse=Lesson(worse, read, other))


def total(odds: Tensor, targets: Tensor, row: int) -> float:
    """log p of a whole reply, in plain Python."""
    found = 0.0
    for at, token in enumerate(targets[row].tolist()):
        if token != IGNORED:
            numbers = odds[row, at].tolist()
            found += numbers[token] - math.log(math.fsum(map(math.exp, numbers)))
    return found


@given(st.integers(0, 999), st.sampled_from([0.05, 0.1, 1.0]))
def test_the_loss_is_equation_seven_of_rafailov(seed: int, beta: float) -> None:
    said, lesson = pair(seed)
    assert said.worse is not None
    assert lesson.worse is not None
    assert lesson.signal is not None
    assert lesson.worse.signal is not None
    got = DPO(beta)(said, lesson)
    for row in range(2):
        chosen = total(said.logits, lesson.targets, row) - total(lesson.signal.odds, lesson.targets, row)
        rejected = total(said.worse, lesson.worse.targets, row) - total(
            lesson.worse.signal.odds, lesson.worse.targets, row
        )
        expected = -math.log(1 / (1 + math.exp(-beta * (chosen - rejected))))
        torch.testing.assert_close(got[row], torch.full((LONG,), expected, dtype=torch.float64))
    assert not got[2].any(), "of the third row nothing was rejected"


def test_a_student_that_is_its_reference_has_the_loss_log_two() -> None:
    said, lesson = pair(4)
    assert said.worse is not None
    assert lesson.worse is not None
    same = replace(
        lesson,
        signal=Signal(said.logits.detach().log_softmax(dim=-1)),
        worse=replace(lesson.worse, signal=Signal(said.worse.detach().log_softmax(dim=-1))),
    )
    torch.testing.assert_close(DPO()(said, same)[:2], torch.full((2, LONG), math.log(2), dtype=torch.float64))


def test_a_number_that_can_be_checked_by_hand() -> None:
    """Two tokens. The student says the first three times out of four, its reference tosses a coin; beta is 1.

    margin = log(3/4 / 1/2) - log(1/4 / 1/2) = log 3, so the loss is -log(3 / 4).
    """
    odds, coin = torch.tensor([[[3.0, 1.0]]]).log(), Signal(torch.full((1, 1, 2), 0.5).log())
    read = torch.ones(1, 1, dtype=torch.bool)
    lesson = Lesson(torch.tensor([[0]]), read, coin, worse=Lesson(torch.tensor([[1]]), read, coin))
    assert DPO(1.0)(Said(odds, worse=odds), lesson).item() == pytest.approx(math.log(4 / 3))


def test_slopes_are_those_of_the_values_and_push_the_two_replies_apart() -> None:
    said, lesson = pair(8)
    assert said.worse is not None

    def of(logits: Tensor, worse: Tensor) -> Tensor:
        return DPO()(Said(logits, worse=worse), lesson)

    assert torch.autograd.gradcheck(of, (said.logits, said.worse))
    chosen, rejected = torch.autograd.grad(of(said.logits, said.worse).sum(), (said.logits, said.worse))
    assert chosen[0, 0, 1] < 0 < rejected[0, 0, 3], "the chosen token rises, the rejected one falls"
    assert not chosen[2].any()
    assert not rejected[0, 2].any(), "padding has no slope"


@pytest.mark.parametrize("beta", [0.0, -1.0, math.inf, math.nan])
def test_a_beta_that_compares_nothing_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=r"beta .* should be above 0"):
        DPO(beta)


def asked(tiny: Checkpoint) -> Batch:
    lines = (Line(Role.USER, "where is my parcel"),)
    rejected = Example(lines, "en", "", ("Please look at {{tracking_page}}.",), worse=("No.", "Perhaps not today."))
    plain = Example((Line(Role.USER, "可以退货吗"),), "zh", "", ("可以。",))
    found = batches.encode([rejected, plain], tiny.tokenizer, tiny.context)
    return batches.epoch(found, 2, 1, 0)[0]


def test_an_epoch_reads_what_was_rejected_beside_what_was_chosen_and_in_turn(tiny: Checkpoint) -> None:
    lines = (Line(Role.USER, "where is my parcel"),)
    example = Example(lines, "en", "", ("Yes.",), worse=("No.", "Perhaps not today."))
    found = batches.encode([example], tiny.tokenizer, tiny.context)
    read = [batches.epoch(found, 1, 1, number)[0].worse for number in (0, 1)]
    assert [tiny.tokenizer.decode(row[0].tolist()[:-1]) for row in read if row is not None] == list(example.worse)
    assert all(row is not None and row[0, -1] == EOS for row in read)


def test_both_replies_are_heard_as_if_each_were_read_alone(tiny: Checkpoint) -> None:
    batch = asked(tiny)
    assert batch.worse is not None
    said = hear(tiny.model, batch, PARTS)
    assert said.worse is not None
    alone = hear(tiny.model, replace(batch, worse=None), frozenset())
    real = batch.targets != IGNORED
    torch.testing.assert_close(said.logits[real], alone.logits[real])
    row = next(at for at in range(2) if batch.worse[at, 0] != IGNORED)
    reply = batch.worse[row][batch.worse[row] != IGNORED].tolist()
    context = batch.contexts[row, : int(batch.lengths[row])].tolist()
    other = hear(tiny.model, batches.collate([(context, reply)]), frozenset())
    torch.testing.assert_close(said.worse[row, : len(reply)], other.logits[0])
    assert not (batch.both.inputs == IGNORED).any()
    assert (batch.both.contexts[:2] != PAD).any()


def test_pieces_of_a_batch_keep_what_was_rejected_with_its_row(tiny: Checkpoint) -> None:
    batch = asked(tiny)
    assert batch.worse is not None
    kept = [piece.batch for piece in pieces.cut(batch, 2)]
    for at, piece in enumerate(kept):
        assert piece.worse is not None
        real = batch.worse[at][batch.worse[at] != IGNORED]
        assert torch.equal(piece.worse[0][piece.worse[0] != IGNORED], real)
        assert piece.worse.shape[1] == max(1, len(real)), "no column is padding in all rows"
        hear(tiny.model, piece, PARTS)


def test_a_model_that_teaches_tells_its_odds_of_both_replies(tiny: Checkpoint) -> None:
    batch = asked(tiny)
    lesson = Live(tiny.model, CPU)(batch, PARTS)
    assert lesson.worse is not None
    assert lesson.worse.signal is not None
    said = hear(tiny.model, batch, PARTS)
    loss = DPO()(said, lesson)
    has = lesson.worse.real.any(dim=1)
    torch.testing.assert_close(loss[has], torch.full_like(loss[has], math.log(2)))
    assert not loss[~has].any()
