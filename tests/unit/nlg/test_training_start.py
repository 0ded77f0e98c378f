from __future__ import annotations

from dataclasses import replace
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


def test_weights_of_another_size_begin_afresh_and_the_others_are_taken(made: Path) -> None:
    first = checkpoint.load(made)
    config = first.model.config
    wider = type(first.model)(replace(config, decoder=config.decoder + 4))
    fresh = start.take(wider, made, first.tokenizer)
    assert "mix.weight" in fresh
    assert "embedding.weight" not in fresh
    assert torch.equal(wider.embedding.weight, first.model.embedding.weight)


def test_a_run_takes_over_the_vocabulary_it_starts_with(recipe: Path, corpus: Path, tmp_path: Path, made: Path) -> None:
    path = train(again(recipe, made, ("vocab_size = ", "vocab_size = 3")), corpus, tmp_path / "run", Heard())
    assert checkpoint.load(path).tokenizer.to_json() == checkpoint.load(made).tokenizer.to_json()


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
