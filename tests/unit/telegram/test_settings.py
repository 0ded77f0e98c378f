"""What the owner may set, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from connectors.telegram import connector
from connectors.telegram.settings import TelegramSettings

TOKEN = "123456789:AAH4abcdefghijklmnopqrstuvwxyz01234"


def test_without_settings_there_is_no_connector() -> None:
    assert connector(asked=False) is None


def test_who_asks_without_settings_is_told_where_a_token_comes_from() -> None:
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_TOKEN is missing.*@BotFather"):
        connector(asked=True)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", "")
    monkeypatch.setenv("PALAVER_TELEGRAM_WEBHOOK_SECRET", "")
    assert connector(asked=False) is None


async def test_a_token_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", f" {TOKEN}\n")
    made = connector(asked=False)
    assert made is not None
    assert made.name == "telegram"
    assert made.limit.size == 4096
    assert made.limit.length("😀") == 2


def test_the_settings_file_works_too() -> None:
    Path("palaver.toml").write_text(f'[telegram]\ntoken = "{TOKEN}"\n')
    assert TelegramSettings.load().bot_token == TOKEN


@pytest.mark.parametrize(
    "token", ["hello", "123456789", "123456789:short", "bot" + TOKEN, f"'{TOKEN}'", "1234:ab cd ef gh ij"]
)
def test_a_malformed_token_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", token)
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_TOKEN.*@BotFather") as error:
        connector(asked=False)
    assert token not in str(error.value)


def test_a_webhook_needs_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("PALAVER_TELEGRAM_WEBHOOK_URL", "https://bot.example.org/telegram/webhook")
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_WEBHOOK_SECRET is missing.*openssl"):
        connector(asked=False)


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 257, "x" * 31 + "!", "é" * 40])
def test_a_weak_secret_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("PALAVER_TELEGRAM_WEBHOOK_SECRET", secret)
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_WEBHOOK_SECRET.*32 to 256") as error:
        connector(asked=False)
    assert secret not in str(error.value)


def test_a_webhook_without_a_token_is_not_silently_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_WEBHOOK_URL", "https://bot.example.org/telegram/webhook")
    with pytest.raises(SettingsError, match="PALAVER_TELEGRAM_TOKEN"):
        connector(asked=False)


@pytest.mark.parametrize("url", ["bot.example.org", "ftp://bot.example.org", "https://"])
@pytest.mark.parametrize("name", ["WEBHOOK_URL", "API_BASE"])
def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str, name: str) -> None:
    monkeypatch.setenv(f"PALAVER_TELEGRAM_{name}", url)
    with pytest.raises(SettingsError, match=f"PALAVER_TELEGRAM_{name}.*https://"):
        connector(asked=True)


def test_telegram_itself_delivers_to_https_only() -> None:
    given = {"token": TOKEN, "webhook_secret": "s" * 32, "webhook_url": "http://bot.example.org/telegram/webhook"}
    with pytest.raises(SettingsError, match="PALAVER_TELEGRAM_WEBHOOK_URL"):
        TelegramSettings(**given).check()
    TelegramSettings(**given, api_base="http://127.0.0.1:8081").check()


def test_secrets_do_not_show_in_the_settings() -> None:
    settings = TelegramSettings(token=TOKEN, webhook_secret="s" * 32)
    assert TOKEN not in repr(settings)
    assert "ssss" not in repr(settings)
