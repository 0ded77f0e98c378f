"""What `palaver worker` says when it cannot begin, and with which status it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nlg import worker as worker_module
from nlg import worker_cli
from nlg.contract import WritingError

URL = {"PALAVER_BROKER_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture
def run():
    app = typer.Typer()
    worker_cli.register(app)
    return lambda *flags, env=URL: CliRunner().invoke(app, flags, env=env)


def test_a_folder_without_a_model_is_named(run, tmp_path: Path):
    ended = run("--model", str(tmp_path / "nowhere"))
    assert ended.exit_code == 4
    assert "nowhere" in ended.output


def test_a_model_that_loads_and_cannot_write_is_refused(run, monkeypatch):
    def broken(*_: object) -> None:
        raise WritingError("the model's numbers ran away")

    monkeypatch.setattr(worker_module, "run_worker", broken)
    ended = run("--stub")
    assert ended.exit_code == 4
    assert "numbers ran away" in ended.output


def test_an_address_that_is_no_brokers_is_refused(run):
    ended = run("--stub", env={"PALAVER_BROKER_URL": "http://x"})
    assert ended.exit_code == 2
    assert "redis://" in ended.output


def test_the_help_has_examples(run):
    text = run("--help").output
    for words in ("--ready-file", "--port", "SIGHUP", "palaver worker --model"):
        assert words in text
