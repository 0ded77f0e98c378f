from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from bot.errors import SettingsError
from bot.settings import Section


class Example(Section, table="example", env_prefix="PALAVER_EXAMPLE_"):
    size: int = Field(3, ge=1)
    name: str = "none"


def test_the_environment_wins_over_the_env_file_and_that_over_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("palaver.toml").write_text('[example]\nsize = 5\nname = "table"\n')
    assert (Example.load().size, Example.load().name) == (5, "table")
    Path(".env").write_text("PALAVER_EXAMPLE_SIZE=6\n")
    assert (Example.load().size, Example.load().name) == (6, "table")
    monkeypatch.setenv("PALAVER_EXAMPLE_SIZE", "7")
    assert Example.load().size == 7


def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_EXAMPLE_SIZE", "0")
    with pytest.raises(SettingsError, match="PALAVER_EXAMPLE_SIZE"):
        Example.load()


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_EXAMPLE_SIZE", "s3cret")
    with pytest.raises(SettingsError) as error:
        Example.load()
    assert "s3cret" not in str(error.value)


def test_a_list_that_cannot_be_read_is_a_sentence_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lists(Section, env_prefix="PALAVER_LISTS_"):
        names: tuple[str, ...] = ()

    monkeypatch.setenv("PALAVER_LISTS_NAMES", "not json")
    with pytest.raises(SettingsError, match="names"):
        Lists.load()


def test_another_file_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.toml").write_text("[example]\nsize = 9\n")
    monkeypatch.setenv("PALAVER_FILE", "other.toml")
    assert Example.load().size == 9


def test_a_table_that_is_none_is_told_how_to_be_written() -> None:
    Path("palaver.toml").write_text("example = 3\n")
    with pytest.raises(SettingsError, match=r"\[example\]"):
        Example.load()
