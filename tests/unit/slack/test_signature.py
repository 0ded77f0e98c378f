"""Only Slack gets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slack.signature import genuine, sign

SECRET, NOW, BODY = b"8f742231b10e8888abcd99yyyzzz85a5", 1531420618.0, b'{"a": "\xc3\xa9"}'
STAMP = b"1531420618"


def accepted(timestamp: bytes = STAMP, signature: bytes | None = None, body: bytes = BODY, now: float = NOW) -> bool:
    return genuine([SECRET], timestamp, sign(SECRET, timestamp, body) if signature is None else signature, body, now)


def test_slacks_published_example_is_accepted():
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
        b"foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhoo"
        b"ks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445"
        b"629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert genuine([SECRET], STAMP, signature, body, NOW)


@pytest.mark.parametrize(
    ("age", "fits"), [(0, True), (1, True), (299, True), (301, False), (-299, True), (-301, False)]
)
def test_a_request_may_be_five_minutes_old(age, fits):
    assert accepted(now=NOW + age) is fits


def test_the_secret_before_a_rotation_still_fits_and_no_other():
    signature = sign(b"old", STAMP, BODY)
    assert genuine([b"new", b"old"], STAMP, signature, BODY, NOW)
    assert not genuine([b"new"], STAMP, signature, BODY, NOW)
    assert not genuine([], STAMP, signature, BODY, NOW)


@pytest.mark.parametrize(
    "timestamp",
    [b"", b"abc", b"9" * 5000, b"-1531420618", b"+1531420618", b" 1531420618", b"1e9", "१५३१".encode(), b"1.0"],
)
def test_a_timestamp_that_is_no_number_is_refused(timestamp):
    assert not accepted(timestamp)


@pytest.mark.parametrize(
    "signature", [b"", b"v0=", b"v1=" + b"0" * 64, "v0=é".encode(), "v0=é".encode("latin-1"), b"\xff" * 99]
)
def test_a_signature_that_is_none_is_refused(signature):
    assert not accepted(signature=signature)


def test_the_signature_of_another_body_is_refused():
    assert not accepted(signature=sign(SECRET, STAMP, b"{}"))
    assert accepted(body=b"\xff\xfe")


@pytest.mark.fuzz
@given(st.binary(max_size=40), st.binary(max_size=80), st.binary(max_size=40))
def test_no_header_makes_the_check_fail_in_another_way_than_refusing(timestamp, signature, body):
    assert genuine([SECRET], timestamp, signature, body, NOW) is False
