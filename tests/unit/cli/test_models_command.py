"""`palaver models` as one types it, beside a bot that may be running."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import nlg
from bot.cli import build
from bot.errors import ModelRefused, PalaverError, RolloutError

SHIPPED = Path(nlg.__file__).with_name("default")


@pytest.fixture
def palaver():
    def run(*words: str) -> Result:
        return CliRunner().invoke(build(), ["models", *words])

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "service-2"))


def refused(result: Result, kind: type[PalaverError]) -> str:
    assert isinstance(result.exception, kind)
    return str(result.exception)


def test_from_a_folder_to_production_and_back(palaver, folder):
    assert "no version is known yet" in palaver("list").output.lower()
    assert "--canary 5%" in palaver("add", str(folder), "--note", "spring").output
    assert palaver("promote", "service-2").output.startswith("service-2: production\n")
    assert "already" in palaver("promote", "service-2").output
    assert palaver("add", "--name", "big", "--queue", "big").exit_code == 0
    assert palaver("promote", "big", "--canary", "5%").output.startswith("big: canary 0.05\n")
    assert palaver("promote", "big").output.startswith("service-2: retired\nbig: production\n")
    assert palaver("rollback").output.startswith("big: candidate\nservice-2: production\n")
    listed = palaver("list").output
    assert "service@" in listed
    assert "5.4 M" in listed
    history = palaver("list", "--history").output.splitlines()
    assert "service-2" in history[0]
    assert "spring" in history[-1]


def test_shadows_and_what_is_retired(palaver, folder):
    palaver("add", str(folder), "--name", "one")
    assert palaver("promote", "one", "--shadow").output.startswith("one: shadow\n")
    assert palaver("rollback", "one").output.startswith("one: candidate\n")
    assert palaver("retire", "one").output.startswith("one: retired\n")


def test_mistakes_are_named_with_the_next_step(palaver, folder):
    assert "--canary 5%" in palaver("add", str(folder)).output
    assert "another name" in refused(palaver("add", str(folder)), RolloutError)
    assert "Known are: service-2" in refused(palaver("promote", "service-3"), RolloutError)
    assert "Promote one first" in refused(palaver("promote", "service-2", "--canary", "0.1"), RolloutError)
    assert "no name for a version" in refused(palaver("add", str(folder), "--name", "Größe"), RolloutError)
    assert "Write 5% or 0.05" in palaver("promote", "service-2", "--canary", "some").output
    assert "not both" in palaver("promote", "service-2", "--canary", "1%", "--shadow").output
    assert palaver("add").exit_code == 2


def test_a_folder_that_was_changed_is_not_added(palaver, folder):
    (folder / "config.json").write_text("{}")
    assert "config.json" in refused(palaver("add", str(folder)), ModelRefused)
    assert "no version" in palaver("list").output.lower()


@pytest.mark.parametrize("command", ["list", "add", "promote", "retire", "rollback"])
def test_help_shows_examples(palaver, command):
    shown = palaver(command, "--help").output
    assert f"palaver models {command}" in shown
