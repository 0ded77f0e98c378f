"""What decoding, serving and fusion rely on, for each way to build each family in `nlg/models/`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.data.batches import pad
from nlg.decoding import Row, choose
from nlg.interfaces import Continuing, State, TrainableModel, join
from nlg.running import Running, write
from nlg.slots import Kinds
from nlg.tokenizer import BOS, PAD, ReplyTokenizer

VOCABULARY = 320
CONTEXTS = [[9, 40, 41, 42, 43, 44], [10, 50], [9, 61, 62, 63], [11, 70, 71, 72, 73, 74, 75, 76, 77]]
REPLIES = torch.tensor([[BOS, 90 + row, 91, 92 + row, 93] for row in range(len(CONTEXTS))])
BUILDS = [
    pytest.param(name, settings, id=f"{name}-{at}")
    for name in plugins.families()
    for at, settings in enumerate(plugins.family(name).variants)
]


@pytest.fixture(params=[build.values for build in BUILDS], ids=[str(build.id) for build in BUILDS])
def built(request: pytest.FixtureRequest) -> tuple[str, TrainableModel]:
    name, settings = request.param
    if name == "pretrained":
        pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    torch.manual_seed(3)
    family = plugins.family(name)
    model = family.build(family.config(vocab_size=VOCABULARY, **settings)).eval()
    return name, cast("TrainableModel", model)


@pytest.fixture
def model(built: tuple[str, TrainableModel]) -> TrainableModel:
    return built[1]


@pytest.fixture(autouse=True)
def no_learning() -> Any:
    with torch.no_grad():
        yield


def stepwise(model: TrainableModel, contexts: list[list[int]], replies: Tensor) -> Tensor:
    state = model.start(*pad(contexts, PAD))
    odds = []
    for tokens in replies.unbind(dim=1):
        row, state = model.step(tokens, state)
        odds.append(row)
    return torch.stack(odds, dim=1)


def test_every_family_can_be_tried() -> None:
    assert {build.values[0] for build in BUILDS} == set(plugins.families())


def test_stepping_is_the_same_as_reading_at_once(model: TrainableModel) -> None:
    at_once = model(*pad(CONTEXTS, PAD), REPLIES)
    assert at_once.shape == (len(CONTEXTS), REPLIES.shape[1], VOCABULARY)
    torch.testing.assert_close(stepwise(model, CONTEXTS, REPLIES), at_once, atol=2e-5, rtol=1e-4)


def test_padding_changes_nothing(model: TrainableModel) -> None:
    together = stepwise(model, CONTEXTS, REPLIES)
    for row, context in enumerate(CONTEXTS):
        alone = stepwise(model, [context], REPLIES[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=2e-5, rtol=1e-4)


def test_what_stands_in_the_padding_does_not_matter(model: TrainableModel) -> None:
    tokens, lengths = pad(CONTEXTS, PAD)
    other = torch.where(torch.arange(tokens.shape[1]) < lengths.unsqueeze(1), tokens, 99)
    torch.testing.assert_close(model(other, lengths, REPLIES), model(tokens, lengths, REPLIES), atol=2e-5, rtol=1e-4)


def test_a_context_matters(model: TrainableModel) -> None:
    first, second = stepwise(model, [CONTEXTS[0]], REPLIES[:1]), stepwise(model, [CONTEXTS[3]], REPLIES[:1])
    assert float((first - second).abs().max()) > 1e-4


@pytest.mark.parametrize("rows", [[2, 0, 3, 1], [1], [3, 3, 0], [1, 2]])
def test_rows_can_be_reordered_repeated_and_dropped(model: TrainableModel, rows: list[int]) -> None:
    state = model.start(*pad(CONTEXTS, PAD))
    _, state = model.step(REPLIES[:, 0], state)
    expected, _ = model.step(REPLIES[:, 1], state)
    chosen, _ = model.step(REPLIES[rows, 1], model.select(state, torch.tensor(rows)))
    torch.testing.assert_close(chosen, expected[rows], atol=2e-5, rtol=1e-4)


def test_selecting_a_short_row_makes_the_state_small(model: TrainableModel) -> None:
    state = model.start(*pad(CONTEXTS, PAD))
    alone = model.select(state, torch.tensor([1]))
    assert sum(t.numel() for t in alone.values()) <= sum(t.numel() for t in state.values()) / len(CONTEXTS)


def test_a_state_is_rows_first_and_stepping_leaves_the_old_one_alone(model: TrainableModel) -> None:
    state = model.start(*pad(CONTEXTS, PAD))
    before = {name: tensor.clone() for name, tensor in state.items()}
    model.step(REPLIES[:, 0], state)
    assert all(tensor.shape[0] == len(CONTEXTS) for tensor in state.values())
    assert all(torch.equal(state[name], tensor) for name, tensor in before.items())


def test_rows_that_come_later_can_join(model: TrainableModel) -> None:
    early = model.start(*pad(CONTEXTS[:2], PAD))
    _, early = model.step(REPLIES[:2, 0], early)
    late = model.start(*pad(CONTEXTS[2:], PAD))
    tokens = torch.cat([REPLIES[:2, 1], REPLIES[2:, 0]])
    odds, _ = model.step(tokens, join([early, late]))
    expected = stepwise(model, CONTEXTS, REPLIES)
    torch.testing.assert_close(odds[:2], expected[:2, 1], atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(odds[2:], expected[2:, 0], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("decoding", [Decoding(max_tokens=12), Decoding(max_tokens=12, temperature=1.0, seed=5)])
def test_a_reply_does_not_depend_on_what_else_is_written(model: TrainableModel, decoding: Decoding) -> None:
    together = [row.tokens for row in write(model, CONTEXTS, [decoding] * len(CONTEXTS))]
    alone = [write(model, [context], [decoding])[0].tokens for context in CONTEXTS]
    assert together == alone


def test_a_reply_does_not_depend_on_when_others_come_and_go(model: TrainableModel) -> None:
    decodings = [Decoding(max_tokens=size, temperature=0.9, seed=size) for size in (3, 9, 14, 6)]
    alone = [write(model, [context], [how])[0].tokens for context, how in zip(CONTEXTS, decodings, strict=True)]
    assert [row.tokens for row in one_by_one(model, decodings)] == alone


@pytest.mark.parametrize("rows", [1, 3])
def test_a_step_writes_into_the_room_it_is_given(model: TrainableModel, rows: int) -> None:
    state = model.start(*pad(CONTEXTS[:rows], PAD))
    _, after = model.step(REPLIES[:rows, 0], state)
    growing = Kinds.of(state, after).growing
    roomy = {name: widened(tensor, 3) if name in growing else tensor for name, tensor in after.items()}
    expected, _ = model.step(REPLIES[:rows, 1], after)
    odds, later = model.step(REPLIES[:rows, 1], roomy)
    torch.testing.assert_close(odds, expected, atol=2e-5, rtol=1e-4)
    assert all(later[name] is roomy[name] for name in growing)


def widened(tensor: Tensor, columns: int) -> Tensor:
    return torch.cat([tensor, tensor.new_zeros(len(tensor), columns, *tensor.shape[2:])], dim=1)


@pytest.mark.parametrize("pieces", [(1, 1), (2, 5), (9, 9)])
def test_a_model_that_reads_from_left_to_right_reads_contexts_in_pieces(
    model: TrainableModel, pieces: tuple[int, int]
) -> None:
    if not isinstance(model, Continuing):
        pytest.skip("reads in both directions")
    state = model.start(*pad([context[: pieces[0]] for context in CONTEXTS], PAD))
    for at in range(pieces[0], 9, pieces[1]):
        left = [row for row, context in enumerate(CONTEXTS) if len(context) > at]
        kept = [row for row in range(len(CONTEXTS)) if row not in left]
        more = model.go_on(
            *pad([CONTEXTS[row][at : at + pieces[1]] for row in left], PAD), model.select(state, torch.tensor(left))
        )
        state = join([model.select(state, torch.tensor(kept)), more]) if kept else more
        order = torch.tensor([*kept, *left]).argsort()
        state = model.select(state, order)
    odds, _ = model.step(REPLIES[:, 0], state)
    torch.testing.assert_close(odds, stepwise(model, CONTEXTS, REPLIES)[:, 0], atol=2e-5, rtol=1e-4)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes_and_goes_each_reply_is_what_the_plain_loop_writes(
    model: TrainableModel, data: st.DataObject
) -> None:
    """Rows arrive at any step, end by themselves, by length or by being let go of, and leave gaps anywhere."""
    asked = data.draw(st.lists(st.tuples(st.integers(0, 7), contexts, decodings, st.integers(1, 12)), max_size=6))
    running, written, given_up = Running(model), [], dict[int, int]()
    for step in range(24):
        new = [one for one in asked if one[0] == step]
        rows = [Row.begin(how) for _, _, how, _ in new]
        if new:
            running.add([context for _, context, _, _ in new], rows)
        written += list(zip(rows, new, strict=True))
        given_up |= {id(row): one[3] for row, one in zip(rows, new, strict=True)}
        if running.rows:
            running.step()
        running.keep(lambda row: row.finish is None and row.steps < given_up[id(row)])  # noqa: B023 - called at once
    for row, (_, context, how, _) in written:
        assert row.tokens == plainly(model, context, how)[: len(row.tokens)]
    assert not running.rows


class Fragile:
    """A model whose steps of several rows fail every other time, after they did their work."""

    def __init__(self, model: TrainableModel) -> None:
        self.start, self.select, self._model = model.start, model.select, model
        self._together = 0

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        made = self._model.step(tokens, state)
        self._together += len(tokens) > 1
        if len(tokens) > 1 and self._together % 2 == 0:
            raise ArithmeticError("too hot")
        return made


def test_rows_that_are_stepped_apart_after_a_failure_write_what_they_write_alone(model: TrainableModel) -> None:
    running, rows = Running(Fragile(model)), [Row.begin(Decoding(max_tokens=size)) for size in (3, 9, 7, 6)]
    running.add(CONTEXTS, rows)
    while running.rows:
        try:
            running.step()
        except ArithmeticError:
            assert running.step_apart() == []
        running.keep(lambda row: row.finish is None)
    alone = [plainly(model, context, row.decoding) for context, row in zip(CONTEXTS, rows, strict=True)]
    assert [row.tokens for row in rows] == alone


contexts = st.lists(st.integers(9, VOCABULARY - 1), min_size=1, max_size=12)
decodings = st.builds(
    Decoding,
    max_tokens=st.integers(1, 10),
    temperature=st.sampled_from([0.0, 0.0, 0.8]),
    top_p=st.sampled_from([1.0, 0.7]),
    top_k=st.sampled_from([0, 5]),
    repetition_penalty=st.sampled_from([1.0, 1.3]),
    seed=st.integers(0, 3),
)


def plainly(model: TrainableModel, context: list[int], how: Decoding) -> list[int]:
    """One row alone, and nothing but the three methods."""
    row, state = Row.begin(how), model.start(*pad([context], PAD))
    while row.finish is None:
        odds, state = model.step(torch.tensor([row.tokens[-1] if row.tokens else BOS]), state)
        choose(odds, [row])
    return row.tokens


def one_by_one(model: TrainableModel, decodings: list[Decoding]) -> list[Any]:
    running, rows = Running(model), [Row.begin(how) for how in decodings]
    for step in itertools.count():
        if step % 2 == 0 and step // 2 < len(rows):
            running.add([CONTEXTS[step // 2]], [rows[step // 2]])
        if not running.rows:
            return rows
        running.step()
        running.keep(lambda row: row.finish is None)
    return rows


def test_saving_and_loading_changes_nothing(built: tuple[str, TrainableModel], tmp_path: Path) -> None:
    name, model = built
    tokenizer = ReplyTokenizer.train(["hello there"], VOCABULARY)
    checkpoint.save(Checkpoint("tiny", name, cast("nn.Module", model), tokenizer, 32), tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model").writer
    assert torch.equal(loaded(*pad(CONTEXTS, PAD), REPLIES), model(*pad(CONTEXTS, PAD), REPLIES))


def test_all_weights_learn(built: tuple[str, TrainableModel]) -> None:
    model = cast("nn.Module", built[1]).train()
    with torch.enable_grad():
        model(*pad(CONTEXTS, PAD), REPLIES).square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
