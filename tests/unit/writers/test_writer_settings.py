"""Which writer the settings ask for, and what is said when they cannot be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ModelRefused, SettingsError
from bot.writers import WriterSettings, open_writer


def test_without_a_broker_the_engine_writes() -> None:
    assert WriterSettings.load().name == "engine"


def test_with_a_broker_workers_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_BROKER_URL", "redis://localhost/0")
    assert WriterSettings.load().name == "celery"


def test_a_blank_broker_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_BROKER_URL", "")
    assert WriterSettings.load().name == "engine"


def test_the_broker_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_BROKER_URL", "redis://:xyzzy@localhost/0")
    assert "xyzzy" not in repr(WriterSettings.load())


def test_a_queue_name_with_spaces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_QUEUE", "my queue")
    with pytest.raises(SettingsError, match="PALAVER_QUEUE"):
        WriterSettings.load()


@pytest.mark.parametrize("url", ["http://x", "localhost:6379", "pyamqp://x", "sqs://", "filesystem://"])
async def test_an_address_that_is_no_broker_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="PALAVER_BROKER_URL") as refused:
        await open_writer(WriterSettings(broker_url=url))
    assert url not in str(refused.value)


async def test_celery_without_a_broker_is_refused() -> None:
    with pytest.raises(SettingsError, match="PALAVER_BROKER_URL"):
        await open_writer(WriterSettings(writer="celery"))


async def test_an_unknown_writer_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="oracle"):
        await open_writer(WriterSettings(writer="oracle"))


async def test_a_folder_without_a_model_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="PALAVER_MODEL"):
        await open_writer(WriterSettings(model=str(tmp_path / "nothing")))
