"""One step of learning: its rate, its pieces, its numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from nlg.data import batches
from nlg.data import corpus as corpora
from nlg.data.batches import Batch, Encoded
from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Said
from nlg.losses.cross_entropy import CrossEntropy
from nlg.models.seq2seq import Seq2Seq
from nlg.teaching import bare
from nlg.tokenizer import CONTROLS, MASK, USER, ReplyTokenizer
from nlg.training import pieces, precision
from nlg.training import recipe as recipes
from nlg.training.learner import Learner, RunawayError, hide
from nlg.training.objective import Objective
from nlg.training.pieces import Piece
from nlg.training.precision import Arithmetic
from nlg.training.recipe import Recipe, Schedule
from nlg.training.schedule import rate
from nlg.training.team import Alone

CPU = torch.device("cpu")
PLAIN = partial(Objective, [(1.0, CrossEntropy())])
PAIRS = [([4, 30, 31], [40, 41, 2]), ([4, 30], [42, 43, 44, 45, 46, 2]), ([4], [47, 2]), ([4, 33, 34, 35], [48, 2])]


@pytest.fixture
def told(recipe: Path) -> Recipe:
    """A recipe that leaves nothing to chance but which words are hidden."""
    told = recipes.load(recipe)
    return replace(told, model={**told.model, "dropout": 0.0})


@pytest.fixture
def examples(corpus: Path, tokenizer: ReplyTokenizer) -> list[Encoded]:
    return batches.encode(corpora.load(corpus, ["shop"], "train"), tokenizer, 32)


def learn(told: Recipe, examples: Sequence[Encoded], steps: int = 4) -> tuple[nn.Module, list[float]]:
    torch.manual_seed(told.seed)
    model = Seq2Seq(told.config(340))
    learner = Learner(told, model, Alone(CPU))
    read = batches.epoch(examples, told.schedule.batch, told.seed, 0)
    return model, [learner.learn(read[step % len(read)], step, 20) for step in range(steps)]


def changed(told: Recipe, **settings: Any) -> Recipe:
    return replace(told, schedule=replace(told.schedule, **settings))


def test_the_rate_climbs_and_falls_along_a_cosine() -> None:
    schedule = Schedule(rate=1.0, final_rate=0.1, warmup=0.1)
    rates = [rate(schedule, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[10] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.55)
    assert rates[20] > 0.91 + 0.05  # a cosine leaves its top slowly
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


def test_the_rate_climbs_and_falls_along_a_line() -> None:
    schedule = Schedule(rate=1.0, final_rate=0.1, warmup=0.1, fall="linear")
    rates = [rate(schedule, step, 100) for step in range(101)]
    assert rates[10] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(0.1)
    steps = [after - before for before, after in itertools.pairwise(rates[10:])]
    assert steps == pytest.approx([-0.01] * 90)


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_a_batch_that_is_read_in_parts_teaches_the_same(told: Recipe, examples: list[Encoded], parts: int) -> None:
    whole, losses = learn(told, examples)
    cut, cut_losses = learn(changed(told, accumulate=parts), examples)
    assert cut_losses == pytest.approx(losses, abs=1e-5)
    for ours, theirs in zip(cut.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-4)


def test_the_slopes_of_parts_add_up_to_that_of_the_batch(told: Recipe, examples: list[Encoded]) -> None:
    told = replace(told, care=replace(told.care, clip=1e9, opening=0.5, smoothing=0.1))
    slopes = []
    for parts in (1, 3):
        model, _ = learn(changed(told, accumulate=parts, rate=0.0), examples, steps=1)
        slopes.append([weight.grad for weight in model.parameters()])
    for ours, theirs in zip(*slopes, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


rows = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=9)


@given(sizes=rows, parts=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_pieces_hold_every_token_once_and_weigh_as_much_as_the_batch(sizes: list[tuple[int, int]], parts: int) -> None:
    batch = batches.collate([([4, *range(20, 20 + s)], [*range(40, 40 + t)]) for s, t in sizes])
    cut = pieces.cut(batch, parts)
    assert len(cut) == parts
    assert sum(piece.tokens for piece in cut) == pytest.approx(1)
    assert sum(piece.rows for piece in cut) == pytest.approx(1)
    counted = [piece for piece in cut if piece.rows]
    for name, lengths in (("targets", [t for _, t in sizes]), ("contexts", [s + 1 for s, _ in sizes])):
        rows = [row.tolist() for piece in counted for row in getattr(piece.batch, name)]
        whole = [row.tolist() for row in getattr(batch, name)]
        assert [row[:size] for row, size in zip(rows, lengths, strict=True)] == [
            row[:size] for row, size in zip(whole, lengths, strict=True)
        ]


def test_pieces_are_no_wider_than_they_have_to_be() -> None:
    short, long = pieces.cut(batches.collate([([4], [40]), ([4, 30, 31], [41, 42, 43])]), 2)
    assert short.batch.contexts.shape == short.batch.targets.shape == short.batch.inputs.shape == (1, 1)
    assert long.batch.contexts.shape == long.batch.targets.shape == (1, 3)


def test_smoothing_is_label_smoothing() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 4, 11), torch.tensor([[1, 2, 3, IGNORED], [4, IGNORED, IGNORED, IGNORED]])
    piece = Piece(Batch(targets, targets, targets, targets), 1.0, 1.0)
    known = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, label_smoothing=0.1)
    torch.testing.assert_close(PLAIN(smoothing=0.1)(Said(logits), bare(piece.batch), piece), known)


def test_an_objective_does_not_look_at_padding() -> None:
    logits, targets = torch.randn(1, 3, 5), torch.tensor([[1, 2, IGNORED]])
    piece = Piece(Batch(targets, targets, targets, targets), 1.0, 1.0)
    other = logits.clone()
    other[0, 2, 0] = 100.0
    said = [PLAIN(smoothing=0.1)(Said(odds), bare(piece.batch), piece) for odds in (logits, other)]
    assert torch.equal(*said)


def test_the_first_token_can_count_for_more() -> None:
    torch.manual_seed(0)
    batch = batches.collate(PAIRS)
    logits, piece = torch.randn(*batch.targets.shape, 50), Piece(batch, 1.0, 1.0)
    plain, more = (PLAIN(opening=share)(Said(logits), bare(batch), piece) for share in (0.0, 0.5))
    first = functional.cross_entropy(logits[:, 0], batch.targets[:, 0])
    torch.testing.assert_close(more, plain + first / 2)


def test_hiding_words_spares_control_tokens() -> None:
    torch.manual_seed(0)
    contexts = torch.tensor([[USER, *range(20, 220)]])
    hidden = hide(contexts, 0.3)
    changed = (hidden != contexts).sum().item()
    assert 30 < changed < 90
    assert hidden[0, 0] == USER
    assert set(hidden[hidden != contexts].tolist()) == {MASK}
    assert len(CONTROLS) <= 20


def test_the_same_words_are_hidden_on_every_device_of_a_team(told: Recipe) -> None:
    told = replace(told, care=replace(told.care, token_dropout=0.5))
    batch = batches.collate(PAIRS)
    both = Alone(CPU)
    both.size = 2
    learner = Learner(told, Seq2Seq(told.config(340)), both)
    first = learner._share(batch, 7)
    both.rank = 1
    second = learner._share(batch, 7)
    alone = Learner(told, Seq2Seq(told.config(340)), Alone(CPU))._share(batch, 7)[0].batch.contexts
    seen = [row[row != 0].tolist() for piece in (*first, *second) for row in piece.batch.contexts]
    assert seen == [row[row != 0].tolist() for row in alone]
    assert any(MASK in row for row in seen)


def test_what_the_processor_cannot_do_itself_is_done_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "native", lambda *_: False)
    for asked in ("bfloat16", "float16"):
        arithmetic = Arithmetic(asked, CPU)  # type: ignore[arg-type]
        assert arithmetic.note == f"This cpu has no {asked} of its own: training in float32."
        with arithmetic.products():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
        assert not arithmetic.scaler.is_enabled()


def test_what_the_processor_can_do_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "native", lambda *_: True)
    for asked, kind in (("bfloat16", torch.bfloat16), ("float16", torch.float16), ("float32", torch.float32)):
        arithmetic = Arithmetic(asked, CPU)  # type: ignore[arg-type]
        assert not arithmetic.note
        with arithmetic.products():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind
        assert arithmetic.scaler.is_enabled() == (asked == "float16")


def test_short_numbers_are_native_where_the_processor_says_so() -> None:
    assert precision.native("float32", CPU)
    assert precision.native("bfloat16", CPU) == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert precision.native("float16", CPU) == torch.ops.mkldnn._is_mkldnn_fp16_supported()


@pytest.fixture
def half(told: Recipe, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr(precision, "native", lambda *_: True)
    return replace(told, precision="float16")


def test_float16_learns_what_float32_learns(half: Recipe, examples: list[Encoded]) -> None:
    losses = learn(half, examples)[1]
    known = learn(replace(half, precision="float32"), examples)[1]
    assert losses == pytest.approx(known, rel=0.02)
    assert losses != known


def test_a_step_that_overflows_float16_is_left_out_and_the_scale_falls(half: Recipe, examples: list[Encoded]) -> None:
    model = Seq2Seq(half.config(340))
    learner = Learner(half, model, Alone(CPU))
    learner.arithmetic.scaler.load_state_dict({**learner.arithmetic.scaler.state_dict(), "scale": 1e30})
    before = [weight.clone() for weight in model.parameters()]
    batch = batches.epoch(examples, 3, 1, 0)[0]
    learner.learn(batch, 0, 20)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    assert learner.arithmetic.scaler.get_scale() == pytest.approx(5e29)
    learner.arithmetic.scaler.load_state_dict({**learner.arithmetic.scaler.state_dict(), "scale": 128.0})
    learner.learn(batch, 1, 20)
    assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_slopes_that_overflow_without_any_scale_are_lost(half: Recipe, examples: list[Encoded]) -> None:
    learner = Learner(half, Seq2Seq(half.config(340)), Alone(CPU))
    learner.arithmetic.scaler.load_state_dict({**learner.arithmetic.scaler.state_dict(), "scale": 1.0})
    learner.objectives = [Objective([(1.0, Steep())])]
    with pytest.raises(RunawayError, match=r"step 3: the loss is .*, its slope (inf|nan)"):
        learner.learn(batches.epoch(examples, 3, 1, 0)[0], 3, 20)


@dataclass(frozen=True)
class Steep(CrossEntropy):
    """A loss whose value is fine and whose slope is not."""

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        return _Steep.apply(CrossEntropy.__call__(self, said, lesson))  # type: ignore[no-any-return, no-untyped-call]


class _Steep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, loss: Tensor) -> Tensor:
        return loss.clone()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # type: ignore[override]
        return slope * torch.inf
