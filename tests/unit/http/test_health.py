"""Alive is not ready, and alive but deaf is neither."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import StoreDown
from bot.http import health
from bot.http.health import Channels
from bot.http.operations import operations_routes
from bot.http.server import build_app


def client(checks, token=None):
    routes = operations_routes(checks, lambda: b"palaver_open 3\n", token)
    return httpx.AsyncClient(transport=httpx.ASGITransport(build_app({}, routes)), base_url="http://bot")


async def content():
    return None


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def channels(clock):
    return Channels(clock)


async def test_a_process_that_answers_lives_whatever_else_is_wrong():
    async def broken():
        raise StoreDown("the database cannot be used now")

    async with client({"database": broken}) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503


async def test_ready_when_every_check_is_content():
    async with client({"database": content, "broker": content}) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "broker": "ok"}, "degraded": {}}


async def test_one_reason_is_enough_and_each_is_told():
    async def down():
        raise StoreDown("the database cannot be used now: OSError")

    async def foreign():
        raise ValueError("somebody's words")

    async def late():
        return "no worker has answered for 90 seconds"

    async with client({"database": down, "other": foreign, "model": late, "disk": content}) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "the database cannot be used now: OSError",
        "other": "ValueError",
        "model": "no worker has answered for 90 seconds",
        "disk": "ok",
    }


async def test_a_check_that_hangs_counts_as_wrong(monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)
    async with client({"database": asyncio.Event().wait}) as http:
        assert (await http.get("/readyz")).json()["checks"]["database"] == "no answer within 0.05 seconds"


async def test_a_channel_that_breaks_its_promise_is_deaf(channels, clock):
    channels.heard("telegram", 60)
    clock.now += 60
    assert await channels.check("telegram")() is None
    clock.now += 1
    assert "silent for 61 seconds" in str(await channels.check("telegram")())
    channels.heard("telegram", 60)
    assert await channels.check("telegram")() is None


async def test_a_channel_that_never_begins_to_receive_is_deaf(channels, clock):
    channels.expect("slack", 30)
    assert channels.complaint("slack") is None
    clock.now += 31
    assert "since its start 31 seconds ago" in str(channels.complaint("slack"))


async def test_a_channel_that_nobody_started_is_deaf(channels):
    assert channels.complaint("rasa") == "was not started"


async def test_one_deaf_channel_makes_the_bot_unready(channels, clock):
    channels.heard("telegram", 60)
    channels.heard("slack", float("inf"))
    clock.now += 100
    async with client({name: channels.check(name) for name in ("telegram", "slack")}) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["slack"] == "ok"
    assert channels.silences() == {"telegram": 100, "slack": 100}


async def test_metrics_are_open_until_they_have_a_token():
    async with client({}) as http:
        answer = await http.get("/metrics")
    assert answer.text == "palaver_open 3\n"
    assert answer.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer geheim ", "Basic geheim"])
async def test_metrics_with_a_token_answer_to_it_alone(given):
    async with client({}, SecretStr("geheim")) as http:
        assert (await http.get("/metrics", headers={"Authorization": given})).status_code == 401
        assert (await http.get("/metrics", headers={"Authorization": "Bearer geheim"})).status_code == 200


async def test_what_is_degraded_is_told_and_takes_nothing_from_being_ready():
    async def degraded():
        return {"clock": "this machine's clock is 360 seconds ahead of the database's; set it right"}

    routes = operations_routes({"database": content}, lambda: b"", None, degraded)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app({}, routes)), base_url="http://bot") as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert "360 seconds ahead" in answer.json()["degraded"]["clock"]


async def test_worries_that_cannot_be_read_are_left_to_the_checks():
    async def away():
        raise StoreDown("the database cannot be used now")

    routes = operations_routes({"database": content}, lambda: b"", None, away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app({}, routes)), base_url="http://bot") as http:
        assert (await http.get("/readyz")).json() == {"ready": True, "checks": {"database": "ok"}, "degraded": {}}
