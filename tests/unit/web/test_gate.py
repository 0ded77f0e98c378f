from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from connectors.web.gate import same_origin

OURS = "chat.example:8080"


def lets(reads=False, **headers):
    return same_origin(Headers({"host": OURS} | {k.replace("_", "-"): v for k, v in headers.items()}), reads=reads)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "Same-Origin", "anything"])
def test_a_browser_that_says_another_site_asks_is_refused(site):
    assert not lets(sec_fetch_site=site)


def test_a_browser_that_says_our_page_asks_is_let_in():
    assert lets(sec_fetch_site="same-origin")
    assert lets(sec_fetch_site="same-origin", origin="http://of.a.proxy")


def test_a_person_may_type_an_address_to_read_but_not_to_write():
    assert lets(reads=True, sec_fetch_site="none")
    assert not lets(reads=False, sec_fetch_site="none")
    assert not lets(reads=True, sec_fetch_site="cross-site")


@pytest.mark.parametrize("origin", [f"http://{OURS}", f"https://{OURS}", "https://CHAT.example:8080"])
def test_an_old_browser_on_our_page_is_let_in(origin):
    assert lets(origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://chat.example",
        "http://chat.example:8081",
        "http://chat.example:8080.evil.example",
        "http://evil.example/chat.example:8080",
        "null",
        "",
        "chat.example:8080",
        "http://[",
        "http://user@chat.example:8080",
    ],
)
def test_an_old_browser_on_another_page_is_refused(origin):
    assert not lets(origin=origin)


def test_without_a_host_no_origin_is_ours():
    assert not same_origin(Headers({"origin": "http://"}), reads=False)


def test_no_browser_asks_without_both():
    assert lets()


@pytest.mark.fuzz
@given(st.text(max_size=40))
def test_no_origin_breaks_it(origin):
    assert same_origin(
        Headers(raw=[(b"origin", origin.encode("latin-1", "replace")), (b"host", b"x")]), reads=False
    ) in (
        True,
        False,
    )
