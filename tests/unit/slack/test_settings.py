"""What is set decides whether and how Slack is connected."""

from __future__ import annotations

import sys

import pytest

from bot.errors import SettingsError
from bot.interfaces import Connector
from connectors.slack import connector

BOT, APP, SECRET = "xoxb-1-2-abc", "xapp-1-A-b", "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def given(monkeypatch):
    def give(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"PALAVER_SLACK_{name.upper()}", value)

    return give


def test_nothing_set_means_no_slack():
    assert connector(asked=False) is None


def test_empty_variables_count_as_not_set(given):
    given(bot_token="", app_token=" ", signing_secret="")
    assert connector(asked=False) is None


def test_slack_that_was_asked_for_must_be_set_up():
    with pytest.raises(SettingsError, match=r"PALAVER_SLACK_BOT_TOKEN is missing.*docs/slack\.md"):
        connector(asked=True)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"app_token": APP}, "BOT_TOKEN"),
        ({"signing_secret": SECRET}, "BOT_TOKEN"),
        ({"bot_token": BOT}, "APP_TOKEN.*PALAVER_SLACK_SIGNING_SECRET"),
        ({"bot_token": BOT, "previous_signing_secret": SECRET}, "SIGNING_SECRET"),
    ],
)
def test_half_a_set_up_names_what_is_missing(given, settings, missing):
    given(**settings)
    with pytest.raises(SettingsError, match=f"PALAVER_SLACK_{missing}"):
        connector(asked=False)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"bot_token": APP, "app_token": APP}, "BOT_TOKEN.*xoxb-"),
        ({"bot_token": "xoxp-user", "app_token": APP}, "BOT_TOKEN.*xoxb-"),
        ({"bot_token": BOT, "app_token": BOT}, "APP_TOKEN.*xapp-"),
        ({"bot_token": BOT, "app_token": APP, "api_base": "slack.com"}, "API_BASE.*https"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(given, settings, wrong):
    given(**settings)
    with pytest.raises(SettingsError, match=f"PALAVER_SLACK_{wrong}") as raised:
        connector(asked=False)
    assert not any(value in str(raised.value) for value in (BOT, APP, "xoxp-user"))


async def test_with_an_app_token_there_is_no_way_in_over_http(given, inbox):
    given(bot_token=f" {BOT}\n", app_token=APP)
    made = connector(asked=False)
    assert made.endpoints(inbox, None) == {}
    assert (made.name, made.limit.size) == ("slack", 4000)


async def test_with_a_signing_secret_there_is_one_path_for_everything(given, inbox):
    given(bot_token=BOT, signing_secret=SECRET, api_base="https://slack.com/api")
    made: Connector = connector(asked=False)
    assert list(made.endpoints(inbox, None)) == ["/slack/events"]


def test_the_settings_file_is_read(tmp_path):
    (tmp_path / "palaver.toml").write_text(f'[slack]\nbot_token = "{BOT}"\napp_token = "{APP}"\n')
    assert connector(asked=False) is not None


def test_tokens_are_not_shown(given):
    given(bot_token=BOT, app_token=APP, signing_secret=SECRET)
    shown = repr(vars(connector(asked=False)))
    assert not any(value in shown for value in (BOT, APP, SECRET))


def test_a_missing_library_says_how_to_install_it(given, monkeypatch):
    given(bot_token=BOT, app_token=APP)
    monkeypatch.delitem(sys.modules, "connectors.slack.gateway", raising=False)
    monkeypatch.setitem(sys.modules, "connectors.slack.api", None)
    with pytest.raises(SettingsError, match=r"palaver\[slack\]"):
        connector(asked=False)
