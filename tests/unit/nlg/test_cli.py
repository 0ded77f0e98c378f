from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nlg import checkpoint
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Line, Role
from nlg.data.examples import Example
from nlg.evaluation.writing import answers

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def test_the_commands_need_no_torch_until_they_run() -> None:
    code = "import sys, typer, nlg.cli; nlg.cli.register(typer.Typer()); print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout == "False\n"


@pytest.mark.parametrize("command", ["train", "evaluate", "generate"])
def test_each_command_shows_examples(app: typer.Typer, command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"])
    assert told.exit_code == 0
    assert f"palaver {command}" in told.output


def test_a_model_is_trained_measured_and_asked(app: typer.Typer, recipe: Path, corpus: Path, tmp_path: Path) -> None:
    run, model = str(tmp_path / "run"), str(tmp_path / "run" / "model")
    told = CliRunner().invoke(app, ["train", str(recipe), "--out", run, "--data", str(corpus)])
    assert told.exit_code == 0, told.output
    assert "perplexity" in told.output
    assert (tmp_path / "run" / "model" / "README.md").exists()
    again = CliRunner().invoke(app, ["train", str(recipe), "--out", run, "--data", str(corpus)])
    assert again.exit_code == 1
    assert "Error: " in again.output
    assert "--resume" in again.output
    measured = CliRunner().invoke(app, ["evaluate", model, "--data", str(corpus), "--json"])
    assert json.loads(measured.stdout)["data"] == "shop.dev"
    said = CliRunner().invoke(app, ["generate", "where is my parcel", "--model", model])
    assert said.exit_code == 0
    asked = Example((Line(Role.USER, "where is my parcel"),), "", "", ())
    assert said.stdout == answers(checkpoint.load(Path(model)), [asked])[0] + "\n"


def test_a_talk_goes_on_until_the_input_ends(app: typer.Typer, tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(tiny, tmp_path / "model")
    told = CliRunner().invoke(app, ["generate", "--model", str(tmp_path / "model")], input="hi\n你好\n")
    assert told.exit_code == 0
    assert told.stdout.count("> ") == 3


def test_a_checkpoint_that_cannot_be_trusted_is_one_line(app: typer.Typer, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["generate", "hi", "--model", str(tmp_path)])
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert "manifest.json cannot be read" in " ".join(told.output.split())
