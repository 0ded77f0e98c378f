"""Builds the one web app of a process and runs uvicorn on it, inside the loop that is already running."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.errors import SettingsError
from bot.http.guard import Guard
from bot.http.protocol import PatientProtocol
from bot.http.settings import HttpSettings
from bot.interfaces import SelfBounded

STOP_SECONDS = 3
"""How long open responses get to end when the server stops; streams are cut then."""
CONNECTIONS = 1000
BACKLOG = 2048


def build_app(apps: Mapping[str, ASGIApp], routes: Sequence[BaseRoute] = ()) -> Starlette:
    """Return one app of apps by path, and of routes. Every request passes the guard first.

    `/telegram/webhook` is exactly that path; `/admin/` is everything below, with `root_path` set to `/admin`. An app
    that is `SelfBounded` reads its bodies itself, at exactly its path.
    Raises `SettingsError` when two apps want the same path.
    """
    mounted = [_route(path, app) for path, app in sorted(apps.items(), reverse=True)]
    _refuse_twins([*routes, *mounted])
    apart = [path for path, app in apps.items() if _bounds_itself(app)]
    return Starlette(routes=[*routes, *mounted], middleware=[Middleware(Guard, apart=apart)])


class HttpServer:
    """Listens from the moment it is made, so that a taken port is found before anything else starts.

    Raises `SettingsError` when it cannot listen.
    """

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._socket = listen(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        self.address = f"http://{settings.host}:{self.port}/"
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=STOP_SECONDS,
            forwarded_allow_ips=settings.trusted_proxies,
        )
        self._server = _Server(config)

    async def serve(self) -> None:
        """Serve until cancelled; then take no new requests and let the open ones end."""
        running = asyncio.create_task(self._server.serve([self._socket]))
        try:
            await asyncio.shield(running)
        finally:
            self._server.should_exit = True
            await running

    def close(self) -> None:
        """Stop listening without ever having served."""
        self._socket.close()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that holds this port. Raises `SettingsError` that says what to do when it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, so that asyncio turns Nagle's delay off: else an answer in two pieces takes 40 ms on a kept connection.
    held = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, port))
        held.listen(BACKLOG)
    except OSError as error:
        held.close()
        raise SettingsError(_cannot_listen(host, port, error)) from None
    held.setblocking(False)
    return held


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8080
        return (
            f"Port {port} on {host} is taken by another program. Stop it, or choose another port: "
            f"PALAVER_HTTP_PORT={other}"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user. Choose one above 1023: PALAVER_HTTP_PORT=8080"
    return f"PALAVER_HTTP_HOST: cannot listen on {host} ({error.strerror or error}). Use 127.0.0.1 or 0.0.0.0."


class _Server(uvicorn.Server):
    """Leaves signals to whoever started us: one process, one place that handles them."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Exactly:
    """Starlette takes a plain function for a request handler; an object it takes for the ASGI app that it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _route(path: str, app: ASGIApp) -> BaseRoute:
    if path.endswith("/") and path != "/":
        return Mount(path.rstrip("/"), app=_Exactly(app))
    return Route(path, endpoint=_Exactly(app))


def _bounds_itself(app: object) -> bool:
    return isinstance(app, SelfBounded)


def _refuse_twins(routes: Sequence[BaseRoute]) -> None:
    paths = [getattr(route, "path", "") for route in routes]
    for path in paths:
        if paths.count(path) > 1:
            raise SettingsError(f"Two parts of Palaver want the path {path}. Turn one of them off.")
