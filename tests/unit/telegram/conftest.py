"""A stand-in of Telegram, a real connector, and an inbox that keeps the promises of the real one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest
from telegram import Update

from bot.errors import StoreDown
from bot.messages import Acceptance, Event, Ignored, Message
from connectors.telegram.gateway import Telegram
from connectors.telegram.listening import Me
from connectors.telegram.pacing import Pace
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.standin import StandIn
from connectors.telegram.updates import to_event

SECRET = "s" * 32
US = Me(123456789, "standin_bot")


class RecordingInbox:
    """Commits once, remembers what came, and can be down or break on a text."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.arrivals = 0
        self.rejects: list[tuple[bytes, str]] = []
        self.heards: list[float] = []
        self.down = False
        self.breaks_on = ""
        self._keys: set[tuple[str, str]] = set()

    async def accept(self, event: Event) -> Acceptance:
        self.arrivals += 1
        await asyncio.sleep(0)
        if self.down:
            raise StoreDown("the test says so")
        if isinstance(event, Message) and self.breaks_on and self.breaks_on in event.text:
            raise ValueError("this text breaks the inbox")
        if isinstance(event, Ignored) or not self._first(event):
            return Acceptance(fresh=False)
        self.events.append(event)
        return Acceptance(fresh=True, conversation=1, seq=len(self.events))

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        if self.down:
            raise StoreDown("the test says so")
        self.rejects.append((body, reason))

    def heard(self, channel: str, within: float) -> None:
        self.heards.append(within)

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Message)]

    def _first(self, event: Event) -> bool:
        names = {("delivery", event.key)}
        if isinstance(event, Message):
            names.add((event.address.chat, event.platform_id))
        known = bool(names & self._keys)
        self._keys |= names
        return not known


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the client sets it."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def us() -> Me:
    return US


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn(pace=0.01) as standin:
        yield standin


Make = Callable[..., Telegram]


@pytest.fixture
async def make(telegram: StandIn) -> AsyncIterator[Make]:
    """Make connectors that talk to the stand-in, quicker than in earnest."""
    made = []

    def build(**settings: Any) -> Telegram:
        given = {"token": telegram.token, "api_base": telegram.url} | settings
        made.append(Telegram(TelegramSettings(**given), Pace(poll=20, first=0.01, longest=0.05, probe=0.05)))
        return made[-1]

    yield build
    for connector in made:
        await connector.close()


@pytest.fixture
async def connector(make: Make) -> Telegram:
    return make()


Receiving = Callable[[Telegram, RecordingInbox], AbstractAsyncContextManager[asyncio.Task[None]]]


@pytest.fixture
def receiving() -> Receiving:
    """`async with receiving(connector, inbox):` receives meanwhile, and fails if that ended by itself."""

    @asynccontextmanager
    async def run(connector: Telegram, inbox: RecordingInbox) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(connector.receive(inbox))
        try:
            yield task
            assert not task.done() or task.cancelled()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return run


Hear = Callable[..., Event]


@pytest.fixture
def hear() -> Hear:
    """Return what we make of a message, given its text and other fields as Telegram sends them."""

    def read(text: str | None = None, *, kind: str = "message", chat: Any = None, **fields: Any) -> Event:
        person = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "de"}
        message = {"message_id": 5, "date": 1_700_000_000, "from": person, "chat": chat or {"id": 7, "type": "private"}}
        message |= fields if text is None else {"text": text, **fields}
        message = {name: value for name, value in message.items() if value is not None}
        return to_event(Update.de_json({"update_id": 9, kind: message}), US)

    return read
