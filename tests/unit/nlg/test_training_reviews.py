"""`palaver train --from-reviews`: a run on a file of preferences changes what a model replies."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nlg import checkpoint
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Line, Role
from nlg.data.examples import Example
from nlg.errors import RecipeError
from nlg.evaluation.writing import answers
from nlg.training.commands import Changes
from nlg.training.run import Silence, train

ASKED, OLD, NEW = "where is my parcel", "Please look at {{tracking_page}}.", "Yes, within {{return_days}} days."
OTHERS = {"can i send it back": "Yes, within {{return_days}} days.", "可以退货吗": "可以，{{return_days}}天内都行。"}
LOSSES = '[[phases]]\nlosses = [{ name = "cross_entropy" }, { name = "dpo", beta = 0.1 }]\n'


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source `shop`: a few questions, each with its answer."""
    folder = tmp_path_factory.mktemp("shop")
    lines = [{"input": asked, "target": said, "lang": lang(asked)} for asked, said in {ASKED: OLD, **OTHERS}.items()]
    for split in ("train", "dev"):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"shop.{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, told: str, corpus: Path) -> Path:
    """A model that has learnt those questions."""
    folder = tmp_path_factory.mktemp("taught")
    path = folder / "first.toml"
    path.write_text(told.replace("epochs = 6", "epochs = 12\nrounds = 12").replace("dropout = 0.1", "dropout = 0.0"))
    return train(path, corpus, folder / "run", Silence())


def lang(text: str) -> str:
    return "en" if text.isascii() else "zh"


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    row = {
        "prompt": [{"role": "user", "content": ASKED}],
        "chosen": [{"role": "assistant", "content": NEW}],
        "rejected": [{"role": "assistant", "content": OLD}],
        "lang": "en",
        "dataset": "preferences-1-0123456789ab",
    }
    path = tmp_path / "preferences.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def reply(made: Checkpoint, asked: str) -> str:
    return answers(made, [Example((Line(Role.USER, asked),), lang(asked), "", ())])[0]


def test_a_run_on_one_preference_changes_that_reply_and_leaves_the_others(
    app: typer.Typer, recipe: Path, corpus: Path, taught: Path, reviews: Path, tmp_path: Path
) -> None:
    assert reply(checkpoint.load(taught), ASKED) == OLD
    text = recipe.read_text().replace("dropout = 0.1", "dropout = 0.0")
    text = text.replace("epochs = 6", "epochs = 6\nrounds = 8").replace("[text]", "[text]\nreview_rounds = 2")
    recipe.write_text('start = "nowhere"\n' + text + '[teacher]\npath = "nowhere"\n' + LOSSES)
    typed = ["train", str(recipe), "--data", str(corpus), "--out", str(tmp_path / "next"), "--start", str(taught)]
    told = CliRunner().invoke(app, [*typed, "--from-reviews", str(reviews)])
    assert told.exit_code == 0, told.output
    made = checkpoint.load(tmp_path / "next" / "model")
    assert reply(made, ASKED) == NEW
    assert {asked: reply(made, asked) for asked in OTHERS} == OTHERS
    kept = tomllib.loads((tmp_path / "next" / "recipe.toml").read_text())
    assert kept["text"]["reviews"] == [str(reviews)]
    assert kept["start"] == kept["teacher"]["path"] == str(taught)
    rows = json.loads((tmp_path / "next" / "curve.json").read_text())
    assert rows[-1]["reviews"] < rows[0]["reviews"]


def test_a_distillation_reads_reviews_too(
    app: typer.Typer, recipe: Path, corpus: Path, taught: Path, reviews: Path, tmp_path: Path
) -> None:
    recipe.write_text(recipe.read_text().replace("epochs = 6", "epochs = 1"))
    typed = ["distil", str(recipe), "--data", str(corpus), "--out", str(tmp_path / "student"), "--teacher", str(taught)]
    told = CliRunner().invoke(app, [*typed, "--from-reviews", str(reviews)])
    assert told.exit_code == 0, told.output
    assert "reviews" in json.loads((tmp_path / "student" / "curve.json").read_text())[0]


def test_a_preference_loss_without_anything_rejected_is_refused_before_the_first_step(
    recipe: Path, corpus: Path, taught: Path, tmp_path: Path
) -> None:
    recipe.write_text(f'start = "{taught}"\n{recipe.read_text()}[teacher]\npath = "{taught}"\n{LOSSES}')
    with pytest.raises(RecipeError, match=r"nothing was rejected in the data.*--from-reviews"):
        train(recipe, corpus, tmp_path / "run", Silence())


def test_a_teacher_that_is_not_where_the_recipe_starts_stays() -> None:
    values = {"start": "a", "teacher": {"path": "b"}, "text": {"sources": ["shop"]}}
    made = Changes(start=Path("c"), reviews=[Path("x.jsonl")]).made(values)
    assert made["start"] == "c"
    assert made["teacher"]["path"] == "b"
    assert made["text"] == {"sources": ["shop"], "reviews": ["x.jsonl"]}
    assert Changes(teacher=Path("d")).made(values)["teacher"]["path"] == "d"
