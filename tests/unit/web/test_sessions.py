from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from connectors.web.sessions import DAY, Sessions, digest

SESSIONS = Sessions(30)
ID = "a" * 43


def request(cookie: bytes = b"", scheme: str = "http") -> Request:
    headers = [(b"cookie", cookie)] if cookie else []
    return Request({"type": "http", "scheme": scheme, "path": "/", "headers": headers, "server": ("x", 80)})


def given_cookie(asked: Request) -> str:
    response = Response()
    SESSIONS.keep(asked, response)
    return response.headers["set-cookie"]


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites():
    cookie = given_cookie(request())
    assert cookie.startswith("palaver=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={30 * DAY}"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_https_a_neighbouring_host_cannot_plant_one():
    cookie = given_cookie(request(scheme="https"))
    assert cookie.startswith("__Host-palaver=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert SESSIONS.find(request(b"palaver=" + ID.encode(), "https")) is None


def test_each_browser_gets_an_id_of_its_own_of_at_least_128_bits():
    ids = {given_cookie(request()).split(";")[0].removeprefix("palaver=") for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) * 6 >= 128 for one in ids)


def test_a_browser_keeps_its_id():
    assert given_cookie(request(b"palaver=" + ID.encode())).startswith(f"palaver={ID};")


def test_the_conversation_does_not_tell_the_session():
    address = SESSIONS.find(request(b"palaver=" + ID.encode()))
    assert address is not None
    assert (address.channel, address.account, address.chat) == ("web", "local", digest(ID))
    assert ID not in address.chat


@pytest.mark.parametrize("value", [b"", b"a" * 42, b"a" * 44, b"a" * 42 + b"!", b"../" + b"a" * 40, b"\xff" * 43])
def test_what_we_did_not_give_is_no_session(value):
    asked = request(b"palaver=" + value)
    assert SESSIONS.find(asked) is None
    assert value.decode("latin-1") not in given_cookie(asked) or not value


@pytest.mark.fuzz
@given(st.binary(max_size=80))
def test_no_cookie_breaks_it(cookie):
    found = SESSIONS.find(request(cookie))
    assert found is None or len(found.chat) == 40


async def test_two_browsers_never_share_a_conversation(open_page, here):
    ann, bob = await open_page().begin(), await open_page().begin()
    await ann.say("my secret")
    await bob.say("hello")
    assert len({message.address for message in here.talk.accepted}) == 2
    history = (await bob.client.get("/chat/history")).json()
    assert [turn["text"] for turn in history["turns"]] == ["hello"]


async def test_a_page_that_begins_again_keeps_its_conversation(page, here):
    await page.say("one")
    await page.begin()
    await page.say("two", str(uuid4()))
    assert len({message.address for message in here.talk.accepted}) == 1
