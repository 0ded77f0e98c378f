from __future__ import annotations

import pytest

import bot.responders
import connectors
from bot.channels import open_channels
from bot.errors import SettingsError
from bot.plugins import load_plugin, plugin_names


def test_a_file_in_a_plural_folder_is_a_plugin_by_its_name() -> None:
    assert {"fallback", "generative", "scripted"} <= set(plugin_names(bot.responders))
    module = load_plugin(bot.responders, "fallback")
    assert module is not None
    assert module.__name__ == "bot.responders.fallback"


def test_a_plugin_nobody_made_is_named_beside_those_that_are_there() -> None:
    with pytest.raises(SettingsError, match=r"'fax'.*telegram"):
        load_plugin(connectors, "fax")


def test_an_asked_channel_without_settings_says_which_is_missing() -> None:
    with pytest.raises(SettingsError, match="PALAVER_TELEGRAM_TOKEN"):
        open_channels(["telegram"])
