"""Rasa's side of the wire: requests as Rasa 3.6 writes them, its schema for texts, and our endpoints on a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.author import ReplyAuthor
from bot.errors import StoreDown
from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.messages import Address, Entry
from bot.personas import Persona, load_personas
from bot.prompting import Opening
from bot.responders.crisis import Crisis
from bot.responders.generative import Generative
from bot.responders.personal import Personal
from bot.rollout.quiet import Quiet
from bot.rollout.versioned import Versioned
from bot.testing import FunctionWriter
from connectors.rasa.gateway import NLG, REPLY, Rasa
from connectors.rasa.settings import RasaSettings
from nlg.contract import Decoding, Draft, OnChunk, Prompt, Writer

TOKEN = "a-token-that-nobody-guesses"
Lines = Sequence[tuple[str, str]]
"""Who (`user` or `bot`) said what."""


def tracker(*lines: tuple[str, str], sender: str = "ann", **slots: Any) -> dict[str, Any]:
    """A tracker as `current_state(EventVerbosity.ALL)` gives it."""
    events = [event(at, who, text) for at, (who, text) in enumerate(lines)]
    return {
        "sender_id": sender,
        "slots": slots,
        "latest_message": {"text": lines[-1][1] if lines else "", "intent": {}, "entities": [], "metadata": {}},
        "latest_event_time": 1793880000.0 + len(lines),
        "followup_action": None,
        "paused": False,
        "events": events,
        "latest_input_channel": "rest",
        "active_loop": {},
        "latest_action": {"action_name": "action_listen"},
        "latest_action_name": "action_listen",
    }


def event(at: int, who: str, text: str = "", **more: Any) -> dict[str, Any]:
    """One event. Messages of people bear an id, as Rasa gives it to them."""
    named = {"message_id": f"message-{at}"} if who == "user" else {}
    return {"event": who, "timestamp": 1793880000.0 + at, "text": text, "metadata": {}, **named, **more}


def nlg_request(response: str, *lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    """What Rasa posts to an NLG server. `arguments`, `channel`, `id`, `slots` and `sender` may be given."""
    slots = more.pop("slots", {})
    return {
        "response": response,
        "id": more.pop("id", None),
        "arguments": more.pop("arguments", {}),
        "tracker": tracker(*lines, sender=more.pop("sender", "ann"), **slots),
        "channel": {"name": more.pop("channel", "collector")},
    }


KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "id": (str, type(None)),
    "buttons": (list, type(None)),
    "elements": (list, type(None)),
    "attachment": (dict, type(None)),
    "image": (str, type(None)),
    "custom": (dict,),
}


def refusal(body: object) -> str:
    """Return why Rasa 3.6 refuses the body of an NLG server, empty where it takes it.

    The same as `nlg_response_format_spec` in `rasa/core/nlg/callback.py` of 3.6.21, without a JSON schema library.
    """
    if not isinstance(body, dict):
        return "no object"
    for name, value in body.items():
        if name in KINDS and not isinstance(value, KINDS[name]):
            return f"{name} is {type(value).__name__}"
        if name in ("buttons", "elements") and not all(isinstance(item, dict) for item in value or ()):
            return f"{name} holds what is no object"
    return ""


@dataclass
class Memory:
    """Records that keep the promises of the store, and are away while `down`."""

    down: bool = False
    kept: list[tuple[Address, Entry]] = field(default_factory=list)
    handed: list[Address] = field(default_factory=list)
    _names: set[tuple[Address, str]] = field(default_factory=set)

    async def keep(self, address: Address, said: Sequence[Entry], language: str = "") -> int:
        if self.down:
            raise StoreDown("the test says so")
        before = len(self.kept)
        for one in said:
            names = {(address, name) for name in one.names}
            if not names & self._names:
                self.kept.append((address, one))
            self._names |= names
        return len(self.kept) - before

    async def forget(self, address: Address, said: Sequence[Entry]) -> None:
        await self.keep(address, said)
        self.kept = [one for one in self.kept if one[0] != address]

    async def hand_over(self, address: Address) -> None:
        await self.keep(address, ())
        self.handed.append(address)

    def lines(self) -> list[tuple[str, str]]:
        return [(one.speaker.value, one.text) for _, one in self.kept]


def author(write: Writer | Callable[[Any], str], **others: Writer) -> ReplyAuthor:
    """The author of the app, with a model that is a function of the prompt, or a writer."""
    personas = load_personas()
    first = FunctionWriter(write) if callable(write) else write
    writers: dict[str, Writer] = {"default": first, **others}

    async def lend(name: str) -> Writer:
        return writers[name]

    def responders(most: int) -> Any:
        decoding = Decoding(max_tokens=most or 96)

        def asking(writer: Writer, who: Persona) -> Generative:
            return Generative(writer, who.speech, decoding, opening=Opening(who.opening, who.system))

        model = Versioned(lend, lambda writer: Personal(personas, lambda who: asking(writer, who)), Quiet())
        return [Personal(personas, lambda who: Crisis(who.speech)), model]

    return ReplyAuthor(responders, lambda address, wish: wish if wish in writers else "default", personas)


class Breaking:
    """A writer that gives no draft: it raises the error, or waits until it is called off."""

    trouble = ""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.cancelled = 0

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        if self.error is not None:
            raise self.error
        try:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def stop(self, prompt_id: str) -> None:
        return

    async def close(self) -> None:
        return


@dataclass
class Door:
    """The endpoints on a real server, and a client that bears the token."""

    port: int
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def nlg(self, request: object) -> dict[str, Any]:
        """Ask for a text. Whatever comes must be 200 and fit Rasa's schema."""
        answer = await self.http.post(NLG, json=request)
        assert answer.status_code == 200
        body = answer.json()
        assert refusal(body) == ""
        return dict(body)

    async def ask(self, do: str, state: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.http.post(REPLY, json={"do": do, "tracker": state, **more})


@asynccontextmanager
async def serving(writes: ReplyAuthor, records: Any, port: int = 0, **settings: Any) -> AsyncIterator[Door]:
    """Serve the endpoints on this port, or a free one, until the block ends."""
    rasa = Rasa(RasaSettings(token=TOKEN, **settings))
    server = HttpServer(build_app(rasa.led_endpoints(writes, records)), HttpSettings(port=port))
    running = asyncio.create_task(server.serve())
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=30) as http:
            yield Door(server.port, http)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
