"""The real connector against a local Slack, in both modes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from bot.errors import StoreDown
from bot.interfaces import ASGIApp
from bot.messages import Acceptance, Address, Edit, Event, Ignored, Message, Part, Removal
from connectors.slack.gateway import Slack
from connectors.slack.settings import SlackSettings
from connectors.slack.standin import StandIn


class RecordingInbox:
    """Keeps what it took, and the promise that a second arrival of a key or of a message is harmless."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.rejected: list[tuple[bytes, str]] = []
        self.within: list[float] = []
        self.attempts = 0
        self.down = False
        self.delay = 0.0
        self._keys: set[object] = set()

    async def accept(self, event: Event) -> Acceptance:
        self.attempts += 1
        await asyncio.sleep(self.delay)
        if self.down:
            raise StoreDown("no database")
        names = {(event.key,), (event.address, event.platform_id or event.key) if isinstance(event, Message) else ()}
        names.discard(())
        if names & self._keys:
            return Acceptance(fresh=False)
        self._keys |= names
        self.events.append(event)
        return Acceptance(fresh=isinstance(event, Message), conversation=1, seq=len(self.events))

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        if self.down:
            raise StoreDown("no database")
        self.rejected.append((body, reason))

    def heard(self, channel: str, within: float) -> None:
        self.within.append(within)

    def only(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def messages(self) -> list[Message]:
        return self.only(Message)

    @property
    def edits(self) -> list[Edit]:
        return self.only(Edit)

    @property
    def removals(self) -> list[Removal]:
        return self.only(Removal)

    @property
    def ignored(self) -> list[str]:
        return [event.reason for event in self.only(Ignored)]


@dataclass
class Link:
    """A connector at work."""

    slack: StandIn
    connector: Slack
    inbox: RecordingInbox
    mode: str
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def settings_for(slack: StandIn, **more: str) -> SlackSettings:
    return SlackSettings(**{"bot_token": slack.bot_token, "api_base": slack.api_url, **more})


@asynccontextmanager
async def serving(routes: dict[str, ASGIApp]) -> AsyncIterator[str]:
    """Serve ASGI apps by path with uvicorn, as the real process does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await routes[scope["path"]](scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
async def slack() -> AsyncIterator[StandIn]:
    async with StandIn(scale=0.001) as stand_in:
        yield stand_in


@pytest.fixture
def sender(slack: StandIn) -> Slack:
    """A connector that only sends."""
    return Slack(settings_for(slack, app_token=slack.app_token))


@pytest.fixture
async def by_socket(slack: StandIn, inbox: RecordingInbox) -> AsyncIterator[Link]:
    connector = Slack(settings_for(slack, app_token=slack.app_token), ping=0.1)
    link = Link(slack, connector, inbox, "socket")
    link.tasks.append(asyncio.create_task(connector.receive(inbox)))
    await slack.sockets.connected()
    yield link
    await link.stop()


@pytest.fixture
async def by_http(slack: StandIn, inbox: RecordingInbox) -> AsyncIterator[Link]:
    connector = Slack(settings_for(slack, signing_secret=slack.signing_secret))
    link = Link(slack, connector, inbox, "http")
    async with serving(dict(connector.endpoints(inbox, None))) as url:
        slack.post_to(url + "/slack/events")
        link.tasks.append(asyncio.create_task(connector.receive(inbox)))
        yield link
        await link.stop()


@pytest.fixture(params=["socket", "http"])
def link(request: pytest.FixtureRequest) -> Link:
    """The connector receiving, once in Socket Mode, once over HTTP."""
    return request.getfixturevalue(f"by_{request.param}")


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait for a condition, ten seconds at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def part() -> Callable[..., Part]:
    """Make a part of a reply."""

    def make(text: str, chat: str = "D7", thread: str = "", **more: Any) -> Part:
        more.setdefault("send_key", "reply-1")
        return Part(Address("slack", "T0STANDIN", chat, thread), text, **more)

    return make


@pytest.fixture
def made() -> Callable[..., Slack]:
    """Make a connector for a local Slack with other settings than usual."""

    def make(slack: StandIn, ping: float = 0.1, **more: str) -> Slack:
        return Slack(settings_for(slack, **more), ping=ping)

    return make
