"""What the writer `ctranslate2`, its command and the doctor say where something is missing. Needs no such library."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import nlg
from bot.errors import ModelRefused, SettingsError
from bot.findings import Level
from bot.operations.checks import model
from bot.writers import WriterSettings, ctranslate2, open_writer
from nlg.cli import register
from nlg.converting import commands

SHIPPED = str(Path(nlg.__file__).with_name("default"))


def all_but(missing: str):
    """As `find_spec`, where one library is not installed and all others are."""
    return lambda name: None if name == missing else ModuleSpec(name, None)


async def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "find_spec", all_but("ctranslate2"))
    with pytest.raises(SettingsError, match=r"pip install 'palaver\[ctranslate2\]'"):
        await open_writer(WriterSettings(writer="ctranslate2", model=SHIPPED))


@pytest.mark.parametrize("named", ["", SHIPPED])
async def test_a_model_that_was_not_converted_is_refused(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "find_spec", all_but(""))
    with pytest.raises(ModelRefused, match="palaver convert"):
        await open_writer(WriterSettings(writer="ctranslate2", model=named))


def test_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", all_but("ctranslate2"))
    app = typer.Typer()
    register(app)
    done = CliRunner().invoke(app, ["convert", SHIPPED, "--out", str(tmp_path / "out")])
    assert (done.exit_code, "palaver[ctranslate2]" in done.output) == (1, True)
    assert not (tmp_path / "out").exists()


async def test_the_doctor_looks_for_the_library_and_for_a_converted_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_WRITER", f"ctranslate2:{SHIPPED}, engine")
    monkeypatch.setattr(model, "find_spec", all_but(""))
    first, second = await model.examine()
    assert (first.level, "is not converted" in first.text, second.level) == (Level.FAIL, True, Level.OK)
    monkeypatch.setattr(model, "find_spec", all_but("ctranslate2"))
    first, _ = await model.examine()
    assert first.text == "ctranslate2 is not installed."
