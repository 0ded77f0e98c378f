"""The life of the websocket: refreshes, dead peers, refused tokens, stopping."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from bot.errors import SettingsError
from connectors.slack.standin import Fault


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_slack_may_ask_for_a_new_connection_and_nothing_is_lost(by_socket, reason):
    await by_socket.slack.sockets.disconnect(reason)
    await by_socket.slack.say("between two connections")
    await by_socket.slack.sockets.connected(2)
    await by_socket.slack.say("on the new one")
    await by_socket.slack.settled(20)
    assert sorted(m.text for m in by_socket.inbox.messages) == ["between two connections", "on the new one"]


async def test_a_connection_that_is_cut_is_taken_up_again(by_socket):
    by_socket.slack.sockets.cut()
    await by_socket.slack.sockets.connected(2)
    await by_socket.slack.say("still there?")
    await by_socket.slack.settled(20)
    assert [m.text for m in by_socket.inbox.messages] == ["still there?"]


async def test_a_peer_that_went_dead_is_noticed_and_left(by_socket):
    sockets = by_socket.slack.sockets
    sockets.frozen = True
    async with asyncio.timeout(20):
        while sockets.opened < 2:
            await asyncio.sleep(0.05)
    sockets.frozen = False
    await by_socket.slack.say("hello again")
    await by_socket.slack.settled(20)
    assert [m.text for m in by_socket.inbox.messages] == ["hello again"]


async def test_an_address_that_is_used_up_is_not_tried_for_ever(slack, inbox, made, until, monkeypatch):
    """The library repeats one address; Slack's are good once."""
    sold, ticket = [], slack.sockets.ticket

    def spoilt() -> str:
        sold.append(ticket())
        return sold[-1] if len(sold) > 1 else "ticket-of-yesterday"

    slack.sockets.ticket = spoilt
    slack.fail("apps.connections.open", Fault(status=500))
    monkeypatch.setattr("connectors.slack.socket_mode.CONNECT_WITHIN", 0.5)
    task = asyncio.create_task(made(slack, app_token=slack.app_token).receive(inbox))
    await slack.sockets.connected(1, 15)
    await until(lambda: inbox.within)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_says_that_it_hears_while_the_connection_stands_and_only_then(by_socket, until):
    await until(lambda: len(by_socket.inbox.within) > 3)
    assert by_socket.inbox.within == pytest.approx([0.4] * len(by_socket.inbox.within))
    slack = by_socket.slack
    slack.fail("apps.connections.open", Fault(status=500), times=1000)
    slack.sockets.cut()
    await until(lambda: len(slack.called("apps.connections.open")) > 3)
    said = len(by_socket.inbox.within)
    await until(lambda: len(slack.called("apps.connections.open")) > 6)
    assert len(by_socket.inbox.within) == said


async def test_stopping_is_quick_even_with_a_dead_peer(by_socket):
    by_socket.slack.sockets.frozen = True
    started = time.monotonic()
    await by_socket.stop()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_refused_bot_token_fails_the_start(slack, inbox, made, error):
    slack.fail("auth.test", Fault(error=error))
    with pytest.raises(SettingsError, match=f"PALAVER_SLACK_BOT_TOKEN.*{error}"):
        await made(slack, app_token=slack.app_token).receive(inbox)


@pytest.mark.parametrize("error", ["invalid_auth", "not_allowed_token_type", "missing_scope"])
async def test_a_refused_app_token_fails_the_start(slack, inbox, made, error):
    slack.fail("apps.connections.open", Fault(error=error))
    with pytest.raises(SettingsError, match=f"PALAVER_SLACK_APP_TOKEN.*{error}"):
        await made(slack, app_token=slack.app_token).receive(inbox)


async def test_a_refused_bot_token_fails_the_start_over_http_too(slack, inbox, made):
    slack.fail("auth.test", Fault(error="invalid_auth"))
    with pytest.raises(SettingsError, match="PALAVER_SLACK_BOT_TOKEN"):
        await made(slack, signing_secret="s" * 32).receive(inbox)


async def test_a_slack_that_is_down_at_the_start_is_waited_for(slack, inbox, made):
    slack.fail("auth.test", Fault(status=503, body="<html>down</html>"))
    task = asyncio.create_task(made(slack, app_token=slack.app_token).receive(inbox))
    await slack.sockets.connected()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_neither_tokens_nor_tickets_nor_words_are_logged(by_socket, caplog, until):
    caplog.set_level(logging.DEBUG)
    by_socket.slack.sockets.ticket = lambda: "ticket-of-yesterday"
    await by_socket.slack.say("a secret of mine")
    await by_socket.slack.settled(20)
    by_socket.slack.fail("apps.connections.open", Fault(error="invalid_auth"), times=3)
    by_socket.slack.sockets.cut()
    await until(lambda: "Failed to connect" in caplog.text)
    for secret in (by_socket.slack.bot_token, by_socket.slack.app_token, "ticket-of-yesterday", "a secret of mine"):
        assert secret not in caplog.text
