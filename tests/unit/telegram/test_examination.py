"""What the doctor finds out about Telegram, asked of a local Bot API through the real library."""

from __future__ import annotations

import json
import logging
import sys
import time

import pytest

from bot.errors import SettingsError
from bot.findings import Level
from connectors.telegram import examine
from connectors.telegram.standin import Fault
from connectors.telegram.updates import ASKED_FOR

URL, SECRET = "http://127.0.0.1:9/telegram/webhook", "s" * 32


@pytest.fixture
def given(telegram, monkeypatch):
    """Set Telegram up."""

    def give(**more: str) -> None:
        for name, value in {"token": telegram.token, "api_base": telegram.url, **more}.items():
            monkeypatch.setenv(f"PALAVER_TELEGRAM_{name.upper()}", value)

    return give


@pytest.fixture
def tell(telegram):
    """Let Telegram say this about the webhook."""

    def say(**info) -> None:
        usual = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        body = json.dumps({"ok": True, "result": usual | info}).encode()
        telegram.fault("getWebhookInfo", Fault(body=body))

    return say


def levels(findings):
    return [finding.level.value for finding in findings]


def only(findings, level):
    """The one finding of this level; it says what to do."""
    (found,) = [finding for finding in findings if finding.level is level]
    assert found.advice
    return found


async def test_where_telegram_is_not_set_up_there_is_nothing_to_say():
    assert await examine() == []


async def test_half_a_set_up_is_named(given):
    given(webhook_url=URL)
    with pytest.raises(SettingsError, match="PALAVER_TELEGRAM_WEBHOOK_SECRET"):
        await examine()


async def test_all_is_well_while_polling_and_nothing_is_changed(given, telegram):
    given()
    findings = await examine()
    assert levels(findings) == ["ok"] * 3
    assert "Signed in as @standin_bot (123456789)" in findings[0].text
    assert {call.method for call in telegram.calls} == {"getMe", "getWebhookInfo"}


async def test_all_is_well_with_our_webhook(given, make, telegram, receiving, inbox):
    given(webhook_url=URL, webhook_secret=SECRET)
    async with receiving(make(webhook_url=URL, webhook_secret=SECRET), inbox):
        await telegram.until(lambda: telegram.called("setMyCommands"))
        findings = await examine()
    assert levels(findings) == ["ok"] * 3
    assert findings[-1].text == "Telegram delivers to 127.0.0.1."


async def test_a_revoked_token_fails_and_is_to_be_copied_again(given, telegram):
    given()
    telegram.revoked = True
    found = only(await examine(), Level.FAIL)
    assert found.text == "PALAVER_TELEGRAM_TOKEN is refused."
    assert "@BotFather" in found.advice


@pytest.mark.parametrize("fault", [Fault(status=502), Fault(drop=True), Fault(body=b"not json")])
async def test_telegram_that_is_down_is_no_fault_of_the_token(given, telegram, fault):
    given()
    telegram.fault("getMe", fault)
    assert "could not be asked" in only(await examine(), Level.FAIL).text


async def test_an_answer_that_does_not_come_is_not_waited_for(given, telegram, monkeypatch):
    monkeypatch.setattr("connectors.telegram.examination.WITHIN", 0.1)
    given()
    telegram.fault("getWebhookInfo", Fault(delay=1))
    assert "could not be asked (TimeoutError)" in only(await examine(), Level.FAIL).text


async def test_a_webhook_that_stands_in_the_way_of_polling_fails(given, tell):
    given()
    tell(url="https://example.org/secret-path")
    found = only(await examine(), Level.FAIL)
    assert "A webhook is set (example.org)" in found.text
    assert "secret-path" not in repr(found)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "The webhook is not set."),
        ("https://example.org/telegram/webhook", "The webhook is set to another address (example.org), not to ours."),
    ],
)
async def test_a_webhook_that_is_not_ours_fails(given, tell, url, text):
    given(webhook_url=URL, webhook_secret=SECRET)
    tell(url=url)
    assert only(await examine(), Level.FAIL).text == text


@pytest.mark.parametrize(("minutes", "told"), [(5, ["warn"]), (61, [])])
async def test_a_delivery_that_failed_lately_is_told(given, tell, minutes, told):
    given(webhook_url=URL, webhook_secret=SECRET)
    error = "Wrong response from the webhook: 403 Forbidden"
    tell(url=URL, last_error_message=error, last_error_date=int(time.time()) - 60 * minutes)
    findings = [finding for finding in await examine() if finding.level is not Level.OK]
    assert levels(findings) == told
    assert all(finding.text == f"A delivery failed 5 minutes ago: {error}." for finding in findings)


@pytest.mark.parametrize(("count", "told"), [(99, []), (100, ["warn"])])
@pytest.mark.parametrize("mode", [{}, {"webhook_url": URL, "webhook_secret": SECRET}])
async def test_many_waiting_updates_are_told_in_both_modes(given, tell, mode, count, told):
    given(**mode)
    tell(url=mode.get("webhook_url", ""), pending_update_count=count)
    assert [level for level in levels(await examine()) if level != "ok"] == told


@pytest.mark.parametrize(
    ("allowed", "missing"), [(ASKED_FOR[:-1], "my_chat_member"), ([*ASKED_FOR, "poll"], ""), ([], "")]
)
async def test_updates_that_telegram_keeps_from_us_are_named(given, tell, allowed, missing):
    given()
    tell(allowed_updates=allowed)
    warned = [finding.text for finding in await examine() if finding.level is Level.WARN]
    assert warned == ([f"Telegram was told not to deliver {missing}."] if missing else [])


async def test_privacy_mode_that_is_off_is_told(given, telegram):
    given()
    me = {"id": 1, "is_bot": True, "first_name": "x", "username": "x_bot", "can_read_all_group_messages": True}
    telegram.fault("getMe", Fault(body=json.dumps({"ok": True, "result": me}).encode()))
    assert "/setprivacy" in only(await examine(), Level.WARN).advice


async def test_a_missing_library_says_how_to_install_it(given, monkeypatch):
    given()
    monkeypatch.setitem(sys.modules, "telegram.error", None)
    assert "palaver[telegram]" in only(await examine(), Level.FAIL).advice


async def test_no_token_is_logged_or_shown(given, telegram, caplog):
    caplog.set_level(logging.DEBUG)
    given(webhook_url=URL, webhook_secret=SECRET)
    shown = repr(await examine())
    telegram.revoked = True
    shown += repr(await examine()) + caplog.text
    assert not any(secret in shown for secret in (telegram.token, SECRET))
