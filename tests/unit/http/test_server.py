"""One server for all: paths, ports, stopping."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from bot.errors import SettingsError
from bot.http.server import HttpServer, build_app, listen
from bot.http.settings import HttpSettings


def saying(text):
    """An ASGI app as a plain function, as connectors write them."""

    async def app(scope, receive, send):
        await PlainTextResponse(f"{text} {scope['method']}")(scope, receive, send)

    return app


def client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")


async def test_each_path_reaches_its_app_with_any_method():
    async with client(build_app({"/telegram/webhook": saying("telegram"), "/slack/events": saying("slack")})) as http:
        assert (await http.post("/telegram/webhook")).text == "telegram POST"
        assert (await http.get("/slack/events")).text == "slack GET"
        assert (await http.get("/telegram")).status_code == 404
        assert (await http.get("/telegram/webhook/more")).status_code == 404


async def test_a_path_with_a_slash_at_its_end_serves_everything_below():
    pages = [Route("/", lambda _: PlainTextResponse("home")), Route("/turns/7", lambda _: PlainTextResponse("turn"))]
    admin = Starlette(routes=pages)
    async with client(build_app({"/admin/": admin, "/": saying("front")})) as http:
        assert (await http.get("/admin/")).text == "home"
        assert (await http.get("/admin/turns/7")).text == "turn"
        assert (await http.get("/admin", follow_redirects=True)).text == "home"
        assert (await http.get("/")).text == "front GET"


async def test_the_more_exact_path_wins():
    async with client(build_app({"/a/": saying("all"), "/a/b": saying("one")})) as http:
        assert (await http.get("/a/b")).text == "one GET"
        assert (await http.get("/a/c")).text == "all GET"


def test_two_apps_on_one_path_are_a_clear_error():
    with pytest.raises(SettingsError, match="path /healthz"):
        build_app({"/healthz": saying("mine")}, [Route("/healthz", saying("ours"))])


async def test_every_route_is_guarded():
    async with client(build_app({"/": saying("front")}, [Route("/healthz", saying("ours"))])) as http:
        for path in ("/", "/healthz", "/nothing"):
            assert (await http.post(path, content=b"x" * 300_000)).status_code == 413


def test_a_taken_port_says_which_setting_to_change():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"{port} on 127.0.0.1 is taken.*PALAVER_HTTP_PORT={port + 1}"):
            HttpServer(saying("x"), HttpSettings(port=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_a_host_that_is_not_ours_says_which_setting_to_change(host):
    with pytest.raises(SettingsError, match="PALAVER_HTTP_HOST"):
        listen(host, 0)


def test_the_address_is_this_machine_and_comes_from_the_environment(monkeypatch):
    assert (HttpSettings.load().host, HttpSettings.load().port) == ("127.0.0.1", 8080)
    monkeypatch.setenv("PALAVER_HTTP_PORT", "9999")
    assert HttpSettings.load().port == 9999
    monkeypatch.setenv("PALAVER_HTTP_PORT", "99999")
    with pytest.raises(SettingsError, match="PALAVER_HTTP_PORT"):
        HttpSettings.load()


async def test_the_answer_does_not_name_the_server(serve):
    async with serve(saying("x")) as port, httpx.AsyncClient() as http:
        assert "server" not in (await http.get(f"http://127.0.0.1:{port}/")).headers


async def test_stopping_lets_an_open_answer_end_and_frees_the_port():
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(scope, receive, send):
        entered.set()
        await release.wait()
        await PlainTextResponse("finished")(scope, receive, send)

    server = HttpServer(slow, HttpSettings(port=0))
    running = asyncio.create_task(server.serve())
    async with httpx.AsyncClient() as http:
        asked = asyncio.create_task(http.get(f"http://127.0.0.1:{server.port}/"))
        await entered.wait()
        running.cancel()
        await asyncio.sleep(0.3)
        release.set()
        assert (await asked).text == "finished"
    with pytest.raises(asyncio.CancelledError):
        await running
    listen("127.0.0.1", server.port).close()


async def test_stopping_cuts_a_stream_that_never_ends():
    async def forever():
        while True:
            yield "tick"
            await asyncio.sleep(0.05)

    server = HttpServer(build_app({"/": StreamingResponse(forever())}), HttpSettings(port=0))
    running = asyncio.create_task(server.serve())
    async with httpx.AsyncClient() as http, http.stream("GET", f"http://127.0.0.1:{server.port}/") as answer:
        await anext(answer.aiter_bytes())
        running.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_signals_are_left_to_whoever_started_us(serve):
    before = signal.getsignal(signal.SIGTERM)
    async with serve(saying("x")) as port, httpx.AsyncClient() as http:
        await http.get(f"http://127.0.0.1:{port}/")
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_web_socket_is_refused_and_not_left_hanging(serve, say):
    ask = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    async with serve(build_app({"/": saying("x")})) as port:
        assert (await say(port, [ask])).startswith(b"HTTP/1.1 200 ")


async def test_an_answer_on_a_kept_connection_is_not_held_back(serve, counting):
    """With Nagle's delay, each answer in two pieces after the first takes 40 ms."""
    waits = []
    async with serve(counting) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(20):
            began = time.perf_counter()
            await client.post("/", content=b"words")
            waits.append(time.perf_counter() - began)
    assert min(waits[1:]) < 0.03
