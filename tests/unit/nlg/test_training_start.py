from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nlg import checkpoint
from nlg.errors import RecipeError
from nlg.training import start
from nlg.training.run import train
from tests.unit.nlg.test_training import Heard, change


def again(recipe: Path, folder: Path, *pairs: tuple[str, str]) -> Path:
    """The same recipe, but starting from the checkpoint in `folder`."""
    recipe.write_text(f'start = "{folder}"\n' + recipe.read_text())
    return change(recipe, *pairs)


@pytest.fixture
def made(recipe: Path, corpus: Path, tmp_path: Path) -> Path:
    return train(recipe, corpus, tmp_path / "first", Heard())


def test_a_run_goes_on_from_an_earlier_model(recipe: Path, corpus: Path, tmp_path: Path, made: Path) -> None:
    fresh, warm = Heard(), Heard()
    train(recipe, corpus, tmp_path / "fresh", fresh)
    train(again(recipe, made), corpus, tmp_path / "warm", warm)
    assert warm.rows[0]["dev"] < fresh.rows[0]["dev"]


def test_weights_of_another_size_begin_afresh(recipe: Path, corpus: Path, tmp_path: Path, made: Path) -> None:
    path = train(again(recipe, made, ("decoder = ", "decoder = 1")), corpus, tmp_path / "wider", Heard())
    first, wider = checkpoint.load(made), checkpoint.load(path)
    assert wider.tokenizer.to_json() == first.tokenizer.to_json()
    assert wider.model.embedding.weight.shape == first.model.embedding.weight.shape


def test_a_start_that_is_no_checkpoint_is_refused(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nowhere"):
        train(again(recipe, tmp_path / "nowhere"), corpus, tmp_path / "run", Heard())


def test_a_start_that_was_cut_is_refused(recipe: Path, corpus: Path, tmp_path: Path, made: Path) -> None:
    weights = made / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(RecipeError, match=r"start: .*bytes"):
        train(again(recipe, made), corpus, tmp_path / "run", Heard())


def test_a_start_with_another_vocabulary_is_refused(recipe: Path, corpus: Path, tmp_path: Path, made: Path) -> None:
    other = tmp_path / "other.json"
    smaller = change(recipe, ("vocab_size = ", "vocab_size = 3"))
    other.write_bytes((train(smaller, corpus, tmp_path / "small", Heard()) / "tokenizer.json").read_bytes())
    with pytest.raises(RecipeError, match="another vocabulary"):
        train(again(recipe, made, ("[text]", f'[text]\ntokenizer = "{other}"')), corpus, tmp_path / "run", Heard())


def test_what_fits_is_taken_exactly(made: Path) -> None:
    first = checkpoint.load(made)
    torch.manual_seed(5)
    fresh = type(first.model)(first.model.config)
    assert start.take(fresh, made, first.tokenizer) == []
    assert all(torch.equal(a, b) for a, b in zip(fresh.parameters(), first.model.parameters(), strict=True))
