from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from nlg import checkpoint
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.documents.template import load

EXAMPLES = Path(__file__).parents[3] / "docs" / "templates"


@pytest.fixture
def run(tiny: Checkpoint, tmp_path: Path) -> Callable[..., Any]:
    checkpoint.save(tiny, tmp_path / "model")
    app = typer.Typer()
    register(app)
    model = ["--model", str(tmp_path / "model")]
    return lambda *told: CliRunner().invoke(app, ["document", *map(str, told), *model])


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_the_examples_can_be_written(run: Callable[..., Any], tmp_path: Path, name: str) -> None:
    given = ["--set", "customer=Ana Lin", "--set", "order=A-4711", "--set", "days=6"]
    done = run(EXAMPLES / name, *given)
    assert done.exit_code == 0, done.output
    assert "Ana Lin" in done.stdout
    assert done.stdout.count("\n\n") == len(load(EXAMPLES / name).parts) - 1
    assert "tiny@" in done.stderr


def test_values_come_from_a_file_and_from_the_line_which_wins(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "ana.json").write_text('{"customer": "Ana", "order": 7, "days": 6}')
    out = tmp_path / "letter.json"
    more = ["--set", "days=8", "--out", out, "--json", "--tries", 2]
    done = run(EXAMPLES / "late-parcel.toml", "--fields", tmp_path / "ana.json", *more)
    assert (done.exit_code, done.stdout) == (0, "")
    told = json.loads(out.read_text("utf-8"))
    assert told["schema"] == "palaver.document/1"
    assert told["paragraphs"][1]["text"] == "you wrote to us about your order 7, which was sent 8 days ago."
    assert max(len(paragraph["refused"]) for paragraph in told["paragraphs"]) <= 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "customer"], "should be NAME=VALUE"),
        (["--set", "customer=Ana"], "not given are: order"),
        (["--set", "customer=A", "--set", "order=1", "--set", "days=1", "--out", "/"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Callable[..., Any], more: list[str], said: str) -> None:
    done = run(EXAMPLES / "late-parcel.toml", *more)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert said in done.stderr


def test_help_shows_examples(run: Callable[..., Any]) -> None:
    assert "palaver document docs/templates/late-parcel.toml" in " ".join(run("--help").stdout.split())
