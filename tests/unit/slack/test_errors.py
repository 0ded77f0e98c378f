"""Every error of the libraries and every code of Slack has one meaning for a message that we were sending."""

from __future__ import annotations

import asyncio
import inspect
import itertools

import aiohttp
import pytest
import slack_sdk.errors
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import DeliveryError, Locked, NotSent, Refused, Unsure
from connectors.slack import refusals
from connectors.slack.sending import _KINDS, failure

CLASSES = [kind for _, kind in inspect.getmembers(slack_sdk.errors, inspect.isclass) if issubclass(kind, Exception)]


def answer(code: object, status: int = 200, **headers: str) -> SlackApiError:
    data = {"ok": False, "error": code}
    return SlackApiError(
        "no",
        AsyncSlackResponse(
            client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers, status_code=status
        ),
    )


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_class_of_the_library_is_decided_on(kind):
    assert kind in _KINDS or kind is SlackClientError  # the base is never raised itself; it is Unsure
    error = kind.__new__(kind)
    assert isinstance(failure(error), DeliveryError)


def test_no_code_has_two_meanings():
    lists = [refusals.LOCKED, refusals.LATER, refusals.DOUBTFUL, refusals.REFUSED]
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(lists, 2))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_auth", Locked),
        ("not_authed", Locked),
        ("account_inactive", Locked),
        ("token_revoked", Locked),
        ("token_expired", Locked),
        ("missing_scope", Locked),
        ("ratelimited", NotSent),
        ("rate_limited", NotSent),
        ("message_limit_exceeded", NotSent),
        ("channel_not_found", Refused),
        ("is_archived", Refused),
        ("not_in_channel", Refused),
        ("msg_too_long", Refused),
        ("no_text", Refused),
        ("restricted_action_read_only_channel", Refused),
        ("slack_connect_file_link_sharing_blocked", Refused),
        ("fatal_error", Unsure),
        ("internal_error", Unsure),
        ("service_unavailable", Unsure),
        ("request_timeout", Unsure),
        ("duplicate_message_not_found", Unsure),
        ("an_error_of_next_year", NotSent),
    ],
)
def test_a_code_of_slack_means(code, kind):
    assert type(failure(answer(code))) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer("", 500), Unsure),
        (answer("invalid_auth", 503), Unsure),
        (answer("", 401), Locked),
        (answer("", 404), NotSent),
        (answer("", 413), Refused),
        (answer(""), Unsure),
        (answer(None), Unsure),
        (SlackApiError("by hand", {"error": "anything"}), Unsure),
        (SlackApiError("by hand", None), Unsure),
        (aiohttp.ServerDisconnectedError(), Unsure),
        (aiohttp.SocketTimeoutError(), Unsure),
        (aiohttp.ClientOSError(104, "reset"), Unsure),
        (aiohttp.ClientPayloadError(), Unsure),
        (TimeoutError(), Unsure),
        (asyncio.IncompleteReadError(b"", 1), Unsure),
        (RuntimeError("a bug"), Unsure),
        (aiohttp.ConnectionTimeoutError(), NotSent),
        (aiohttp.InvalidURL("nowhere"), NotSent),
    ],
)
def test_an_error_on_the_way_means(error, kind):
    assert type(failure(error)) is kind


def test_every_way_of_not_connecting_is_certain():
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    kinds = below(aiohttp.ClientConnectorError)
    assert {"ClientConnectorDNSError", "ClientProxyConnectionError", "ClientConnectorSSLError"} <= {
        k.__name__ for k in kinds
    }
    assert {type(failure(kind.__new__(kind))) for kind in kinds} == {NotSent}


@pytest.mark.parametrize(
    ("header", "after"), [("30", 30.0), ("0", 0.0), ("soon", None), ("", None), ("-1", None), ("9" * 50, None)]
)
def test_a_rate_limit_says_how_long_if_slack_does(header, after):
    error = failure(answer("ratelimited", 429, **{"Retry-After": header}))
    assert isinstance(error, NotSent)
    assert error.after == after


def test_what_people_wrote_is_not_in_the_message():
    assert "secret" not in str(failure(RuntimeError("secret")))
    assert str(failure(answer("invalid_auth"))) == "Slack: invalid_auth"
