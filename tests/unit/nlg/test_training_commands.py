"""`palaver train` as it is typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from nlg.cli import register
from nlg.training import precision
from nlg.training import recipe as recipes
from nlg.training.progress import SearchBars
from nlg.training.search.history import Tried, Value

RANGES = "[search.schedule]\nepochs = 1\nrate = { low = 1e-3, high = 3e-2, log = true }\n"


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def test_a_search_prints_the_recipe_it_found(app: typer.Typer, recipe: Path, corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="pip install 'palaver[train]'")
    recipe.write_text(recipe.read_text() + RANGES)
    typed = ["train", str(recipe), "--data", str(corpus), "--out", str(tmp_path / "search"), "--search", "2"]
    told = CliRunner().invoke(app, typed)
    assert told.exit_code == 0, told.output
    best = tmp_path / "search" / "best.toml"
    assert best.read_text() in told.stdout
    assert "trial 1  done" in told.stderr
    assert recipes.load(best).schedule.epochs == 6
    again = CliRunner().invoke(app, typed)
    assert again.exit_code == 1
    assert "--resume" in again.stderr


def test_a_search_without_optuna_says_what_to_install(
    app: typer.Typer, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("nlg.training.search.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    told = CliRunner().invoke(app, ["train", str(recipe), "--out", str(tmp_path / "search"), "--search", "2"])
    assert told.exit_code == 1
    assert "pip install 'palaver[train]'" in told.stderr


def test_a_device_that_is_not_there_ends_the_command(app: typer.Typer, recipe: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["train", str(recipe), "--out", str(tmp_path / "run"), "--device", "cuda:99"])
    assert told.exit_code == 1
    assert told.stderr.startswith("Error: device 'cuda:99' cannot be used here")
    assert not (tmp_path / "run").exists()


def test_a_processor_without_short_numbers_trains_in_long_ones_and_says_so(
    app: typer.Typer, recipe: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "native", lambda *_: False)
    recipe.write_text(recipe.read_text().replace("seed = 3", 'seed = 3\nprecision = "bfloat16"'))
    typed = ["train", str(recipe), "--data", str(corpus), "--out", str(tmp_path / "run"), "--device", "cpu"]
    told = CliRunner().invoke(app, typed)
    assert told.exit_code == 0, told.output
    assert told.stderr.count("This cpu has no bfloat16 of its own: training in float32.") == 1


def test_a_trial_that_failed_is_shown_with_its_reason_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    before = [Tried(0, {}, "done", [2.5, 2.25]), Tried(1, {}, "running")]
    values: dict[str, Value] = {"schedule.rate": 0.00123456, "model.cell": "gru"}
    with SearchBars(3, before, Console(width=200)) as bars:
        bars.tried(Tried(1, values, "failed", [], "sizes under [model] differ"))
        bars.noted("[model] is odd")
        bars.noted("[model] is odd")
    shown = capsys.readouterr().out
    assert "trial 1  failed  dev inf  schedule.rate 0.001235  model.cell gru  sizes under [model] differ" in shown
    assert shown.count("[model] is odd") == 1
    assert "2/3" in shown
    assert "best 2.250" in shown
