"""Secrets are taken out, ordinary text stays."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.operations.redaction import HIDDEN, Redactor


@given(st.text(min_size=6), st.text(), st.text())
def test_a_known_secret_never_shows(secret, before, after):
    cleaned = Redactor([secret]).clean(before + secret + after)
    assert secret in HIDDEN or secret not in cleaned.replace(HIDDEN, "\0") or secret in (before + "\0" + after)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ABC 你好，。0123456789", max_size=200))
def test_plain_text_stays_as_it_is(text):
    assert Redactor().clean(text) == text


def test_a_secret_inside_a_longer_one_does_not_leave_the_rest():
    assert Redactor(["secret-a", "secret-a-and-more"]).clean("x secret-a-and-more y") == f"x {HIDDEN} y"


def test_a_short_setting_does_not_hide_half_of_the_language():
    assert Redactor(["a", "on"]).clean("a connection on a line") == "a connection on a line"


def test_a_long_line_of_a_stranger_costs_no_time():
    hostile = "a://" + ":" * 200_000 + " token" * 50_000
    begun = time.process_time()
    Redactor(["secret"]).clean(hostile)
    assert time.process_time() - begun < 1


def test_addresses_without_a_password_stay_readable():
    for address in ("https://example.org/a@b", "redis://broker:6379/0", "sqlite:///data/palaver.sqlite3"):
        assert Redactor().clean(address) == address
