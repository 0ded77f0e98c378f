from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from typer.testing import CliRunner

from nlg import checkpoint, int8, plugins
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.batches import pad
from nlg.data.examples import Example
from nlg.errors import CheckpointError
from nlg.evaluation.writing import answers
from nlg.fusing.fuse import Wish, fuse
from nlg.interfaces import TrainableModel, join
from nlg.layers import int8 as layers
from nlg.layers import rounding
from nlg.layers.rounding import INPUTS, MOST, NOTE, Matrix, floats, rounded, whole
from nlg.models.hybrid import Hybrid, HybridConfig
from nlg.running import write
from nlg.tokenizer import PAD
from nlg.training import start
from nlg.training.run import train
from tests.contracts.test_families import BUILDS, CONTEXTS, REPLIES, VOCABULARY, one_by_one, stepwise
from tests.unit.nlg.conftest import QUESTIONS
from tests.unit.nlg.test_training import Heard

EXACT = 1e-5
"""Of float32, on numbers of some tens."""
OURS = [build for build in BUILDS if build.values[0] != "pretrained"]
THEIRS = [build for build in BUILDS if build.values[0] == "pretrained"]
patiently = settings(deadline=None)  # the first product takes long
needs_int8 = pytest.mark.skipif(not rounding.native(), reason="needs an x86 CPU with AVX2")


@pytest.fixture(autouse=True)
def no_learning() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(autouse=True)
def int8_however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny matrices are multiplied in int8 here, as large ones are."""
    monkeypatch.setattr(rounding, "SMALL", 0)


def by_chance(rows: int, columns: int, seed: int, spread: float = 1.0) -> Tensor:
    """Numbers whose rows are of very different size."""
    chance = torch.Generator().manual_seed(seed)
    sizes = 10 ** (spread * torch.randn(rows, 1, generator=chance))
    return torch.randn(rows, columns, generator=chance) * sizes


def family_model(name: str, values: dict[str, object]) -> TrainableModel:
    torch.manual_seed(3)
    family = plugins.family(name)
    return cast("TrainableModel", family.build(family.config(vocab_size=VOCABULARY, **values)).eval())


def shrunk(model: TrainableModel) -> TrainableModel:
    return cast("TrainableModel", layers.shrunk(cast("nn.Module", model)))


@pytest.fixture(params=[build.values for build in OURS], ids=[str(build.id) for build in OURS])
def both(request: pytest.FixtureRequest) -> tuple[TrainableModel, TrainableModel]:
    """A model, and the same in int8."""
    model = family_model(*request.param)
    return model, shrunk(model)


@pytest.fixture
def model(both: tuple[TrainableModel, TrainableModel]) -> TrainableModel:
    return both[1]


@pytest.fixture
def trained(recipe: Path, corpus: Path, tmp_path: Path) -> Path:
    with torch.enable_grad():
        return train(recipe, corpus, tmp_path / "run", Heard())


def small(sized: Checkpoint) -> Checkpoint:
    return int8.quantised(sized)


def assert_same(found: Tensor, expected: Tensor) -> None:
    """Odds (B, ..., V) agree, but for a few rows where an input lay between two steps and another sum tipped it over.

    One step is 1 / 64 of the largest input, so odds are then off by little.
    """
    apart = (found - expected).abs().amax(dim=-1)
    assert float((apart < 2e-5 * (1 + expected.abs().amax(dim=-1))).float().mean()) > 0.5
    assert float(apart.max()) < 0.05 * (1 + float(expected.abs().max()))


sizes = st.integers(1, 40)
seeds = st.integers(0, 2**31)


@patiently
@given(sizes, sizes, seeds)
def test_a_rounded_weight_is_off_by_half_a_scale_at_most(rows: int, columns: int, seed: int) -> None:
    weights = by_chance(rows, columns, seed)
    values, scales = rounded(weights)
    assert values.dtype is torch.int8
    assert bool((values.abs().amax(dim=1) == MOST).all())
    assert bool(((whole(values, scales) - weights).abs() <= 0.501 * scales.unsqueeze(1)).all())


@patiently
@given(sizes, sizes, seeds)
def test_rounding_what_was_rounded_changes_nothing(rows: int, columns: int, seed: int) -> None:
    values, scales = rounded(by_chance(rows, columns, seed, spread=3.0))
    again, same = rounded(whole(values, scales))
    assert torch.equal(again, values)
    assert torch.equal(same, scales)


def test_a_row_of_zeros_stays_one() -> None:
    values, scales = rounded(torch.zeros(2, 3))
    assert torch.equal(whole(values, scales), torch.zeros(2, 3))


@needs_int8
@patiently
@given(sizes, sizes, sizes, seeds)
def test_a_product_is_as_near_as_its_scales_promise(batch: int, rows: int, columns: int, seed: int) -> None:
    """Each input is off by half a step of its row, and each weight by half a scale of its own."""
    inputs, weights = by_chance(batch, columns, seed), by_chance(rows, columns, seed + 1)
    values, scales = rounded(weights)
    made = Matrix(values, scales)(inputs).double()
    steps = inputs.abs().amax(dim=1, keepdim=True) / INPUTS  # (B, 1)
    bound = 0.501 * (steps * whole(values, scales).abs().sum(dim=1) + inputs.abs().sum(dim=1, keepdim=True) * scales)
    assert bool(((made - inputs.double() @ weights.double().t()).abs() <= bound).all())


@needs_int8
@patiently
@given(st.integers(1, 300), st.sampled_from([-1.0, 1.0]), st.sampled_from([-1.0, 1.0]))
def test_the_largest_inputs_and_weights_do_not_overflow(columns: int, input_sign: float, weight_sign: float) -> None:
    inputs, weights = torch.full((3, columns), input_sign * 2.5), torch.full((17, columns), weight_sign * 0.5)
    expected = torch.full((3, 17), input_sign * weight_sign * 1.25 * columns)
    torch.testing.assert_close(Matrix(*rounded(weights))(inputs), expected, atol=0.0, rtol=1e-4)


@patiently
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), seeds)
def test_a_row_is_the_same_whatever_else_is_in_the_batch(rows: list[int], seed: int) -> None:
    """Its inputs are rounded to the very same integers; only the last digits of what comes of them may differ."""
    inputs, matrix = by_chance(10, 33, seed), Matrix(*rounded(by_chance(50, 33, seed + 1)))
    alone = torch.cat([matrix(row.unsqueeze(0)) for row in inputs])
    torch.testing.assert_close(matrix(inputs[rows]), alone[rows], atol=0.0, rtol=1e-6)


@needs_int8
def test_inputs_of_zeros_give_the_bias_and_numbers_that_ran_away_stay_seen() -> None:
    matrix, bias = Matrix(*rounded(torch.randn(4, 8))), torch.randn(4)
    assert torch.equal(matrix(torch.zeros(2, 8), bias), bias.expand(2, 4))
    lost = torch.zeros(2, 8)
    lost[1, 3] = torch.nan
    assert matrix(lost, bias).isnan().tolist() == [[False] * 4, [True] * 4]
    assert matrix(torch.zeros(0, 8), bias).shape == (0, 4)


def test_the_odds_are_near_those_of_float(both: tuple[TrainableModel, TrainableModel]) -> None:
    exact, near = (one(*pad(CONTEXTS, PAD), REPLIES).log_softmax(dim=-1) for one in both)
    moved = 0.5 * (exact.exp() - near.exp()).abs().sum(dim=-1)  # (B, T)
    assert 0 < float(moved.max()) < 0.1


def test_stepping_is_the_same_as_reading_at_once(model: TrainableModel) -> None:
    at_once = model(*pad(CONTEXTS, PAD), REPLIES)
    assert_same(stepwise(model, CONTEXTS, REPLIES), at_once)


def test_padding_changes_nothing(model: TrainableModel) -> None:
    together = stepwise(model, CONTEXTS, REPLIES)
    for row, context in enumerate(CONTEXTS):
        alone = stepwise(model, [context], REPLIES[row : row + 1])
        assert_same(together[row : row + 1], alone)


@pytest.mark.parametrize("rows", [[2, 0, 3, 1], [1], [3, 3, 0]])
def test_rows_can_be_reordered_repeated_and_dropped(model: TrainableModel, rows: list[int]) -> None:
    _, state = model.step(REPLIES[:, 0], model.start(*pad(CONTEXTS, PAD)))
    expected, _ = model.step(REPLIES[:, 1], state)
    chosen, _ = model.step(REPLIES[rows, 1], model.select(state, torch.tensor(rows)))
    assert_same(chosen, expected[rows])


def test_rows_that_come_later_can_join(model: TrainableModel) -> None:
    _, early = model.step(REPLIES[:2, 0], model.start(*pad(CONTEXTS[:2], PAD)))
    late = model.start(*pad(CONTEXTS[2:], PAD))
    odds, _ = model.step(torch.cat([REPLIES[:2, 1], REPLIES[2:, 0]]), join([early, late]))
    expected = stepwise(model, CONTEXTS, REPLIES)
    assert_same(odds[:2], expected[:2, 1])
    assert_same(odds[2:], expected[2:, 0])


def test_a_reply_does_not_depend_on_when_others_come_and_go(model: TrainableModel) -> None:
    decodings = [Decoding(max_tokens=size, temperature=0.9, seed=size) for size in (3, 9, 14, 6)]
    alone = [write(model, [context], [how])[0].tokens for context, how in zip(CONTEXTS, decodings, strict=True)]
    assert [row.tokens for row in one_by_one(model, decodings)] == alone


def test_all_matrices_are_int8_and_count_as_weights(both: tuple[TrainableModel, TrainableModel]) -> None:
    exact, near = (dict(cast("nn.Module", one).named_parameters()) for one in both)
    assert {name: weights.shape for name, weights in near.items()} == {name: w.shape for name, w in exact.items()}
    assert all((weights.dtype is torch.int8) == (weights.dim() > 1) for weights in near.values())
    assert not any(weights.requires_grad for weights in near.values())


def test_the_model_that_was_shrunk_stays_as_it_was(tiny: Checkpoint) -> None:
    before = {name: weights.clone() for name, weights in tiny.model.state_dict().items()}
    small(tiny)
    assert all(torch.equal(before[name], weights) for name, weights in tiny.model.state_dict().items())
    assert all(weights.requires_grad for weights in tiny.model.parameters())


def test_shrinking_twice_and_copying_change_nothing(tiny: Checkpoint) -> None:
    once = small(tiny)
    said = once.writer(*pad(CONTEXTS, PAD), REPLIES)
    for other in (small(once), replace(once, model=copy.deepcopy(once.model).to("cpu"))):
        assert torch.equal(other.writer(*pad(CONTEXTS, PAD), REPLIES), said)


@pytest.mark.parametrize(("name", "values"), THEIRS)
def test_models_of_others_are_refused(name: str, values: dict[str, object], tiny: Checkpoint) -> None:
    pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    theirs = replace(tiny, family=name, model=cast("nn.Module", family_model(name, values)))
    with pytest.raises(CheckpointError, match=r"pretrained.* cannot be made int8.*palaver distil"):
        int8.quantised(theirs)


@pytest.mark.parametrize(("name", "values"), OURS)
def test_what_was_saved_comes_back(name: str, values: dict[str, object], tiny: Checkpoint, tmp_path: Path) -> None:
    made = small(replace(tiny, family=name, model=cast("nn.Module", family_model(name, values))))
    checkpoint.save(made, tmp_path / "model", half=True)
    loaded = checkpoint.load(tmp_path / "model")
    assert json.loads((tmp_path / "model" / "config.json").read_text())["weights"] == "int8"
    assert torch.equal(loaded.writer(*pad(CONTEXTS, PAD), REPLIES), made.writer(*pad(CONTEXTS, PAD), REPLIES))
    assert {name: tensor.dtype for name, tensor in loaded.model.state_dict().items()} == {
        name: tensor.dtype for name, tensor in made.model.state_dict().items()
    }


def test_a_file_takes_a_byte_a_weight(tiny: Checkpoint, tmp_path: Path) -> None:
    sized = replace(tiny, family="hybrid", model=Hybrid(HybridConfig(vocab_size=tiny.tokenizer.size)))
    checkpoint.save(small(sized), tmp_path / "model")
    weights = sum(parameter.numel() for parameter in sized.model.parameters())
    assert (tmp_path / "model" / "model.safetensors").stat().st_size < 1.05 * weights


def test_weights_of_a_kind_that_is_not_known_are_refused(tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(small(tiny), tmp_path / "model")
    files = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir() if path.name != "manifest.json"}
    told = {**json.loads(files["config.json"]), "weights": "int3"}
    checkpoint.write(tmp_path / "model", {**files, "config.json": json.dumps(told).encode()})
    with pytest.raises(CheckpointError, match=r"'int3'.*update"):
        checkpoint.load(tmp_path / "model")


def test_a_trained_model_says_the_same_to_most(trained: Path) -> None:
    made = checkpoint.load(trained)
    asked = [Example((Line(Role.USER, question),), "", "", ()) for question in QUESTIONS]
    pairs = zip(answers(made, asked), answers(small(made), asked), strict=True)
    assert sum(exact == near for exact, near in pairs) >= 3


def test_float_weights_come_back_to_learn_from(tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(small(tiny), tmp_path / "model")
    fresh = copy.deepcopy(tiny.model)
    assert start.take(fresh, tmp_path / "model", tiny.tokenizer) == []
    near = floats(small(tiny).model.state_dict())
    assert all(torch.equal(weights, near[name]) for name, weights in fresh.state_dict().items())
    restored = int8.whole(checkpoint.load(tmp_path / "model")).model
    assert all(torch.equal(weights, near[name]) for name, weights in restored.state_dict().items())
    assert int8.whole(tiny) is tiny


@pytest.mark.parametrize("method", ["average", "arithmetic"])
def test_int8_models_can_be_fused(method: str, tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(small(tiny), tmp_path / "int8")
    checkpoint.save(tiny, tmp_path / "float")
    wish = Wish([tmp_path / "int8", tmp_path / "float"], weights=[1, 1])
    made, _ = fuse(plugins.fusion(method)(), wish, lambda _: [])
    assert all(weights.dtype is torch.float32 for weights in made.model.parameters())


def test_without_int8_products_the_same_weights_are_multiplied_in_float(
    tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlg.layers.rounding.native", lambda: False)
    monkeypatch.setattr("nlg.layers.int8.native", lambda: False)
    with pytest.warns(RuntimeWarning, match=NOTE[:30]):
        near = small(tiny)
    exact = int8.whole(near).writer(*pad(CONTEXTS, PAD), REPLIES)
    torch.testing.assert_close(near.writer(*pad(CONTEXTS, PAD), REPLIES), exact, atol=EXACT, rtol=EXACT)


@needs_int8
def test_small_matrices_are_multiplied_in_float(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "SMALL", 65)
    values, scales = rounded(torch.randn(8, 8))
    inputs = torch.randn(3, 8)
    assert torch.equal(Matrix(values, scales)(inputs), inputs @ whole(values, scales).t())


def test_the_command_writes_measures_and_keeps_the_other_files(trained: Path, corpus: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    out = tmp_path / "int8"
    arguments = ["shrink", str(trained), "--out", str(out), "--data", str(corpus), "--limit", "6"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0, told.output
    assert "of the probability" in told.output
    assert "perplexity a token" in told.output
    assert "BLEU" in told.output
    assert (out / "recipe.toml").read_bytes() == (trained / "recipe.toml").read_bytes()
    assert int8.is_quantised(checkpoint.load(out))
    again = CliRunner().invoke(app, ["shrink", str(out), "--out", str(tmp_path / "again")])
    assert (again.exit_code, "int8 weights already" in again.output) == (1, True)


def test_a_model_is_not_overwritten_by_its_int8(tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(tiny, tmp_path / "model")
    app = typer.Typer()
    register(app)
    told = CliRunner().invoke(app, ["shrink", str(tmp_path / "model"), "--out", str(tmp_path / "model")])
    assert told.exit_code == 1
    assert not int8.is_quantised(checkpoint.load(tmp_path / "model"))
