"""What Slack's own libraries do that decided how the connector is built. A change here asks for a second look."""

from __future__ import annotations

import inspect
import logging
import time
from types import SimpleNamespace

import pytest
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.api import web_client
from connectors.slack.settings import SlackSettings
from connectors.slack.standin import Fault, StandIn

SAID = {"type": "message", "user": "U1", "text": "hi", "ts": "1.0", "channel": "D1", "channel_type": "im"}
EVENT = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": SAID}


async def ask_bolt(slack: StandIn, event: dict, process_before_response: bool = True) -> tuple[int, list[dict]]:
    """Return Bolt's answer to an event, and the events that a listener had seen by then."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, process_before_response=process_before_response, request_verification_enabled=False)
    seen: list[dict] = []

    @app.event("message")
    async def listener(event: dict) -> None:
        seen.append(event)

    answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body={**EVENT, "event": event}))
    return answer.status, list(seen)


async def test_bolt_by_default_acknowledges_before_a_listener_ran():
    async with StandIn() as slack:
        assert await ask_bolt(slack, SAID, process_before_response=False) == (200, [])


async def test_bolt_can_run_the_listener_first():
    async with StandIn() as slack:
        assert await ask_bolt(slack, SAID) == (200, [SAID])


async def test_bolt_acknowledges_without_any_listener_while_signing_in_fails():
    async with StandIn() as slack:
        slack.fail("auth.test", Fault(error="internal_error"))
        assert await ask_bolt(slack, SAID) == (200, [])


async def test_bolt_acknowledges_the_bots_own_messages_without_any_listener():
    async with StandIn() as slack:
        own = {**SAID, "user": slack.workspace.bot, "bot_id": "B0PALAVER"}
        assert await ask_bolt(slack, own) == (200, [])


class Refusing(AsyncMiddleware):
    async def async_process(self, *, req, resp, next):  # noqa: A002 - named by Bolt
        return BoltResponse(status=503)


@pytest.mark.parametrize("event", [SAID, {**SAID, "bot_id": "B0PALAVER"}, {"type": "tokens_revoked"}, 5])
async def test_what_comes_before_authorize_may_refuse_whatever_bolt_would_acknowledge(event):
    """Here the commit happens."""
    async with StandIn() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        app = AsyncApp(client=client, before_authorize=Refusing(), ssl_check_enabled=False)
        request = AsyncBoltRequest(mode="socket_mode", body={**EVENT, "event": event, "ssl_check": "1"})
        assert (await app.async_dispatch(request)).status == 503
        assert slack.calls == []


async def test_bolts_check_of_the_certificate_would_come_even_before_that():
    app = AsyncApp(token="xoxb-1", before_authorize=Refusing())
    request = AsyncBoltRequest(mode="socket_mode", body={**EVENT, "ssl_check": "1"})
    assert (await app.async_dispatch(request)).status == 200


@pytest.mark.parametrize(("status", "count"), [(200, 1), (404, 0), (500, 0), (503, 0)])
async def test_bolts_answer_over_the_socket_is_sent_only_for_200(status, count):
    sent = []

    async def send(response):
        sent.append(response)

    client = SimpleNamespace(send_socket_mode_response=send, logger=logging.getLogger("test"))
    await send_async_response(client, SimpleNamespace(envelope_id="1"), BoltResponse(status=status), time.time())
    assert [response.envelope_id for response in sent] == ["1"] * count


@pytest.mark.parametrize("odd", [{"team": 5}, {"authorizations": 5}, {"event": {"channel": 5}}, {"user": 5}])
def test_bolt_raises_on_odd_payloads_before_any_code_of_ours(odd):
    with pytest.raises(TypeError):
        AsyncBoltRequest(mode="socket_mode", body={**EVENT, **odd})


@pytest.mark.parametrize(
    ("timestamp", "signature", "body"),
    [("abc", "v0=1", "{}"), ("9999999999", "v0=é", "{}"), ("9999999999", "v0=1", b"\xff\xfe")],
)
def test_the_librarys_signature_check_raises_where_it_should_refuse(timestamp, signature, body):
    verifier = SignatureVerifier("secret")
    verifier.clock = type("Clock", (), {"now": lambda _: 9999999999.0})()
    with pytest.raises((ValueError, TypeError)):
        verifier.is_valid(body, timestamp, signature)


def test_the_librarys_web_client_sends_again_by_itself_and_ours_does_not():
    assert AsyncWebClient().retry_handlers != []
    settings = SlackSettings(bot_token="xoxb-1", app_token="xapp-1")
    assert web_client(settings).retry_handlers == []


def test_the_librarys_socket_client_has_what_we_use():
    parameters = inspect.signature(SocketModeClient).parameters
    assert {"app_token", "logger", "web_client", "ping_interval"} <= set(parameters)
    for name in ("issue_new_wss_url", "connect", "close", "is_connected", "send_socket_mode_response"):
        assert inspect.iscoroutinefunction(getattr(SocketModeClient, name))
