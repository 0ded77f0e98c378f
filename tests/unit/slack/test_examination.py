"""What the doctor finds out about Slack, asked of a local Slack through the real library."""

from __future__ import annotations

import logging
import sys

import pytest

from bot.errors import SettingsError
from bot.findings import Level
from connectors.slack import examine
from connectors.slack.standin import Fault

SECRET = "8f742231b10e8888abcd990001118500"


@pytest.fixture
def given(slack, monkeypatch):
    """Set Slack up; `None` takes a setting away."""

    def give(**more: str | None) -> None:
        settings = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_base": slack.api_url, **more}
        for name, value in settings.items():
            if value is not None:
                monkeypatch.setenv(f"PALAVER_SLACK_{name.upper()}", value)

    return give


def levels(findings):
    return [finding.level.value for finding in findings]


def only(findings, level):
    """The one finding of this level; it says what to do."""
    (found,) = [finding for finding in findings if finding.level is level]
    assert found.advice
    return found


async def test_where_slack_is_not_set_up_there_is_nothing_to_say():
    assert await examine() == []


async def test_half_a_set_up_is_named(given):
    given(app_token=None)
    with pytest.raises(SettingsError, match="PALAVER_SLACK_SIGNING_SECRET"):
        await examine()


async def test_all_is_well_in_both_modes(given, slack):
    given(signing_secret=SECRET)
    findings = await examine()
    assert levels(findings) == ["ok"] * 4
    text = " ".join(finding.text for finding in findings)
    assert "Signed in as palaver in the workspace Stand-in (U0PALAVER, T0STANDIN)" in text
    assert (slack.sockets.opened, len(slack.called("apps.connections.open"))) == (0, 1)


async def test_over_http_alone_no_socket_is_asked_for(given, slack):
    given(app_token=None, signing_secret=SECRET)
    assert levels(await examine()) == ["ok"] * 3
    assert slack.called("apps.connections.open") == []


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
async def test_a_revoked_token_fails_and_is_to_be_copied_again(given, slack, error):
    given()
    slack.fail("auth.test", Fault(error=error))
    found = only(await examine(), Level.FAIL)
    assert f"PALAVER_SLACK_BOT_TOKEN is refused (Slack: {error})" in found.text
    assert "Install the app again" in found.advice


@pytest.mark.parametrize("error", ["missing_scope", "invalid_auth", "not_allowed_token_type", "access_denied"])
async def test_an_app_token_that_opens_no_socket_fails(given, slack, error):
    given()
    slack.fail("apps.connections.open", Fault(error=error))
    found = only(await examine(), Level.FAIL)
    assert f"PALAVER_SLACK_APP_TOKEN is refused (Slack: {error})" in found.text
    assert "connections:write" in found.advice


@pytest.mark.parametrize(("scope", "level"), [("im:history", Level.FAIL), ("assistant:write", Level.WARN)])
async def test_a_missing_scope_is_named(given, slack, scope, level):
    given()
    slack.workspace.scopes.remove(scope)
    slack.workspace.scopes.add("files:read")
    found = only(await examine(), level)
    assert found.text == f"The bot token lacks {scope}."
    assert "manifest" in found.advice


async def test_slack_that_is_down_or_away_is_no_fault_of_the_token(given, slack):
    given()
    slack.fail("auth.test", Fault(status=503, body="<html>down</html>"))
    found = only(await examine(), Level.FAIL)
    assert "PALAVER_SLACK_BOT_TOKEN could not be tried" in found.text
    given(api_base="http://127.0.0.1:9/api/")
    assert levels(await examine()) == ["fail", "fail"]


async def test_a_proxy_that_takes_the_header_away_is_no_missing_scope(given, slack):
    given()
    slack.workspace.scopes.clear()
    assert "did not say" in only(await examine(), Level.WARN).text


async def test_a_signing_secret_that_is_another_word_is_seen(given):
    given(signing_secret="the-verification-token")
    assert "SIGNING_SECRET" in only(await examine(), Level.WARN).text


async def test_a_missing_library_says_how_to_install_it(given, monkeypatch):
    given()
    monkeypatch.setitem(sys.modules, "connectors.slack.api", None)
    assert "palaver[slack]" in only(await examine(), Level.FAIL).advice


async def test_no_token_is_logged_or_shown(given, slack, caplog):
    caplog.set_level(logging.DEBUG)
    given(signing_secret=SECRET)
    slack.fail("auth.test", Fault(error="token_revoked"))
    shown = repr(await examine()) + repr(await examine()) + caplog.text
    assert not any(secret in shown for secret in (slack.bot_token, slack.app_token, SECRET))
