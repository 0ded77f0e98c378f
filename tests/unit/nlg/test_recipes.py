from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlg import plugins
from nlg.data import batches
from nlg.data import corpus as corpora
from nlg.teaching.live import Live
from nlg.tokenizer import ReplyTokenizer
from nlg.training import phases, recipe
from nlg.training.learner import Learner
from nlg.training.team import Alone

RECIPES = sorted((Path(recipe.__file__).parents[1] / "recipes").glob("*.toml"))
NANO = [path for path in RECIPES if path.stem.startswith("nano-")]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_that_comes_along_can_be_followed(path: Path) -> None:
    told = recipe.load(path)
    if told.model["family"] == "pretrained":
        pytest.importorskip("transformers")
    with torch.device("meta"):
        model = plugins.family(str(told.model["family"])).build(told.config(told.text.vocab_size))
    assert told.name == path.stem
    assert getattr(model.config, "positions", told.text.context) >= told.text.context
    assert phases.objectives(told)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_that_comes_along_takes_two_steps(path: Path, corpus: Path, tokenizer: ReplyTokenizer) -> None:
    told = recipe.load(path)
    if told.model["family"] == "pretrained":
        pytest.importorskip("transformers")
    told = replace(told, schedule=replace(told.schedule, batch=4, warmup=0.0))
    torch.manual_seed(told.seed)
    model = plugins.family(str(told.model["family"])).build(told.config(tokenizer.size)).train()
    before = [weight.clone() for weight in model.parameters()]
    examples = batches.encode(corpora.load(corpus, ["shop"], "train"), tokenizer, told.text.context)
    learner = Learner(told, model, Alone(torch.device("cpu")), Live(copy.deepcopy(model), torch.device("cpu")))
    losses = [learner.learn(batch, step, 2) for step, batch in enumerate(batches.epoch(examples, 4, told.seed, 0))]
    assert [math.isfinite(loss) for loss in losses] == [True, True]
    assert all(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


FUSED = {"fused"}
"""Families that are made of others and not trained."""


def test_every_family_has_a_small_recipe() -> None:
    assert {recipe.load(path).model["family"] for path in NANO} == set(plugins.families()) - FUSED


def test_small_recipes_of_families_differ_in_nothing_but_the_model_and_its_rate() -> None:
    told = [one for one in map(recipe.load, NANO) if one.text.sources == ["palaver_service"] and len(one.phases) == 1]
    assert len(told) >= len(plugins.families()) - len(FUSED)
    assert len({repr((one.text, one.care, one.seed, one.schedule.epochs, one.schedule.batch)) for one in told}) == 1
