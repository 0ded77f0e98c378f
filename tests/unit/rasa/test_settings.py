"""What the owner says about Rasa."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.writers import WriterSettings, named_versions
from connectors.rasa import connector
from connectors.rasa.settings import ActionsSettings, RasaSettings


def test_without_a_token_nothing_is_served_and_who_asks_is_told(monkeypatch):
    assert connector(asked=False) is None
    with pytest.raises(SettingsError, match="PALAVER_RASA_TOKEN"):
        connector(asked=True)
    monkeypatch.setenv("PALAVER_RASA_TOKEN", "short")
    with pytest.raises(SettingsError, match="16 characters"):
        connector(asked=False)


def test_names_are_a_list_with_commas_or_json(monkeypatch):
    monkeypatch.setenv("PALAVER_RASA_GENERATE", "utter_a*, utter_b")
    monkeypatch.setenv("PALAVER_RASA_REWRITE", "[]")
    settings = RasaSettings.load()
    assert (settings.generate, settings.rewrite) == (("utter_a*", "utter_b"), ())
    monkeypatch.setenv("PALAVER_RASA_REWRITE", "[")
    with pytest.raises(SettingsError, match="PALAVER_RASA_REWRITE"):
        RasaSettings.load()


def test_a_blank_token_of_the_action_server_is_none(monkeypatch):
    monkeypatch.setenv("PALAVER_ACTIONS_TOKEN", " ")
    monkeypatch.setenv("PALAVER_ACTIONS_CORS", "https://a.example, https://b.example")
    settings = ActionsSettings.load()
    assert settings.token is None
    assert settings.cors == ("https://a.example", "https://b.example")


def test_other_models_are_a_table():
    Path("palaver.toml").write_text('[models]\nsmall = "a"\n')
    named = named_versions(WriterSettings(writer="stub"))
    assert [(version.name, version.folder) for version in named] == [("default", ""), ("small", "a")]
    behind = named_versions(WriterSettings(broker_url="redis://x"))
    assert [(version.name, version.queue) for version in behind] == [("default", "default"), ("small", "a")]


def test_a_wrong_model_is_named():
    Path("palaver.toml").write_text("[models]\nsmall = 3")
    with pytest.raises(SettingsError, match=r"models\.small"):
        named_versions(WriterSettings(writer="stub"))
