"""The way in over HTTP, met by strangers."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.slack.standin.requests import FORM, JSON, signed

SECRET, OLD = b"signing-secret-of-today", b"signing-secret-of-yesterday"
EVENT = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {"type": "message", "user": "U1", "text": "hi", "ts": "1726133700.887259", "channel": "D1"},
}
BODY = json.dumps(EVENT).encode()


@pytest.fixture
def route(slack, inbox, made):
    secrets = {"signing_secret": SECRET.decode(), "previous_signing_secret": OLD.decode()}
    return made(slack, **secrets).endpoints(inbox, None)["/slack/events"]


@pytest.fixture
def post(route):
    async def send(body, headers=None, content_type=JSON, method="POST", **signing):
        signing = {"secret": SECRET, **signing}
        sent = {"Content-Type": content_type, **(signed(body=body, **signing) if headers is None else headers)}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(route), base_url="http://bot") as client:
            return await client.request(method, "/slack/events", content=body, headers=sent)

    return send


@pytest.mark.parametrize(("age", "status"), [(0, 200), (1, 200), (298, 200), (302, 401), (-298, 200), (-302, 401)])
async def test_a_replay_is_let_in_for_five_minutes_only(post, age, status):
    assert (await post(BODY, at=time.time() - age)).status_code == status


async def test_a_replay_leaves_no_second_row(post, inbox):
    headers = signed(SECRET, BODY)
    assert [(await post(BODY, headers)).status_code for _ in range(3)] == [200, 200, 200]
    assert len(inbox.events) == 1


async def test_both_secrets_are_good_while_one_is_being_rotated(post):
    assert (await post(BODY, secret=OLD)).status_code == 200
    assert (await post(BODY, secret=b"a stranger's")).status_code == 401


FORGED = {
    "no headers": {},
    "no signature": {"X-Slack-Request-Timestamp": "1531420618"},
    "no timestamp": {"X-Slack-Signature": "v0=" + "0" * 64},
    "a word as timestamp": {**signed(SECRET, BODY), "X-Slack-Request-Timestamp": "abc"},
    "5,000 digits": {**signed(SECRET, BODY), "X-Slack-Request-Timestamp": "1" * 5000},
    "a signature with é": {**signed(SECRET, BODY), "X-Slack-Signature": "v0=é".encode("latin-1")},
    "a signature in UTF-8": {**signed(SECRET, BODY), "X-Slack-Signature": "v0=漢".encode()},
    "another body": signed(SECRET, b"{}"),
}


@pytest.mark.parametrize("case", FORGED)
async def test_a_forged_request_gets_401_and_leaves_no_row(post, inbox, case):
    assert (await post(BODY, FORGED[case])).status_code == 401
    assert (await post(b"\xff\xfe", FORGED[case])).status_code == 401
    assert (inbox.attempts, inbox.rejected) == (0, [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    timestamp=st.binary(max_size=20) | st.text("0123456789", max_size=15).map(str.encode),
    signature=st.binary(max_size=80),
)
async def test_no_header_ever_makes_a_500(post, timestamp, signature):
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
    answer = await post(BODY, headers)
    assert answer.status_code == 401


UNUSABLE = {
    "not JSON": b"{not json",
    "not UTF-8": b"\xff\xfe",
    "empty": b"",
    "a list": b"[]",
    "100,000 levels": b'{"a":' * 100_000,
    "5,000 digits": b'{"a": ' + b"1" * 5000 + b"}",
    "NaN": b'{"a": NaN}',
    "a NUL": b'{"a": "\\u0000"}',
    "half a character": b'{"a": "\\ud800"}',
    "wrong types": b'{"type": "event_callback", "event_id": 1, "event": []}',
    "no event": b'{"type": "event_callback", "event_id": "Ev1"}',
    "nothing we know": b"{}",
    "a challenge that is none": b'{"type": "url_verification", "challenge": []}',
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_an_authentic_body_that_cannot_be_used_gets_200_and_is_kept(post, inbox, case):
    answer = await post(UNUSABLE[case])
    assert (answer.status_code, len(inbox.rejected), inbox.events) == (200, 1, [])
    assert inbox.rejected[0][0] == UNUSABLE[case]
    assert "x-slack-no-retry" not in answer.headers


UNUSABLE_FORMS = [
    b"",
    b"\xff\xfe=1",
    b"a=1",
    b"payload=%7Bnot+json",
    b"payload=%00",
    b"command=%2Fx",
    b"command=%2Fx&text=%FF",
    b"command=%2Fx&text=%00&channel_id=C1&trigger_id=1&user_id=U1",
    b"a=1&" * 500,
]


@pytest.mark.parametrize("body", UNUSABLE_FORMS)
async def test_an_authentic_form_that_cannot_be_used_gets_200_and_is_kept(post, inbox, body):
    answer = await post(body, content_type=FORM)
    assert (answer.status_code, len(inbox.rejected), inbox.events) == (200, 1, [])


@pytest.mark.parametrize("body", [BODY, b"{not json", UNUSABLE["wrong types"]])
async def test_while_the_store_is_down_slack_is_asked_to_come_again(post, inbox, body):
    inbox.down = True
    answer = await post(body)
    assert answer.status_code == 503
    assert "x-slack-no-retry" not in answer.headers


async def test_the_challenge_is_answered_only_to_slack(post, inbox):
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    answer = await post(body)
    assert answer.json() == {"challenge": "3eZbrw1a"}
    assert (await post(body, headers={})).status_code == 401
    assert (inbox.attempts, inbox.rejected) == (0, [])


async def test_slacks_check_of_the_certificate_is_answered(post, inbox):
    assert (await post(b"ssl_check=1&token=x", content_type=FORM)).status_code == 200
    assert (inbox.attempts, inbox.rejected) == (0, [])


async def test_a_content_type_with_a_charset_is_understood(post, inbox):
    fields = {
        "command": "/palaver",
        "text": "é",
        "channel_id": "D1",
        "user_id": "U1",
        "trigger_id": "1.2.3",
        "team_id": "T1",
    }
    answer = await post(urlencode(fields).encode(), content_type=FORM + "; charset=utf-8")
    assert (answer.status_code, answer.content) == (200, b"")
    assert [m.text for m in inbox.messages] == ["é"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_post_is_taken(post, method):
    assert (await post(BODY, method=method)).status_code == 405


async def test_a_retry_is_taken_like_a_first_delivery(post, inbox):
    """A retry may well be all that reached us: its reason says nothing about what we stored."""
    headers = signed(SECRET, BODY) | {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    assert (await post(BODY, headers)).status_code == 200
    assert len(inbox.messages) == 1
