"""The app manifest asks for what the connector needs, and for nothing else."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from connectors.slack.events import COMMANDS
from connectors.slack.http_mode import PATH
from connectors.slack.manifest import wanted_scopes


@pytest.fixture
def manifest():
    return yaml.safe_load(files("connectors.slack").joinpath("manifest.yaml").read_text("utf-8"))


def test_new_apps_get_the_agent_view(manifest):
    assert manifest["features"]["agent_view"]["agent_description"]
    assert "assistant_view" not in manifest["features"]


def test_socket_mode_is_on_and_no_address_is_needed(manifest):
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in manifest["settings"]["event_subscriptions"]


def test_each_event_has_its_scope(manifest):
    needs = {
        "agent_session_stopped": None,
        "app_home_opened": None,
        "app_mention": "app_mentions:read",
        "app_uninstalled": None,
        "tokens_revoked": None,
        "message.im": "im:history",
        "message.mpim": "mpim:history",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
    }
    events, scopes = (
        manifest["settings"]["event_subscriptions"]["bot_events"],
        manifest["oauth_config"]["scopes"]["bot"],
    )
    assert set(events) == set(needs)
    assert {scope for scope in needs.values() if scope} <= set(scopes)
    assert set(scopes) - set(needs.values()) == {"assistant:write", "chat:write", "chat:write.public", "commands"}


def test_the_doctor_reads_the_same_scopes(manifest):
    assert wanted_scopes() == set(manifest["oauth_config"]["scopes"]["bot"])


def test_the_slash_command_tells_its_words(manifest):
    (command,) = manifest["features"]["slash_commands"]
    assert all(word in command["usage_hint"] for word in COMMANDS)


def test_lengths_are_within_slacks_limits(manifest):
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(manifest["features"]["agent_view"]["suggested_prompts"]) <= 4


def test_the_page_about_slack_names_the_path(pytestconfig):
    assert PATH in (pytestconfig.rootpath / "docs" / "slack.md").read_text("utf-8")
