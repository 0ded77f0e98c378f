"""What our action server asks for: a reply, written while it is read; that a person takes over; that all is forgotten.

Answers are JSON lines: `{"text": "what is new"}` as often as there is something new, and at last
`{"done": {"text": "the whole reply", "model": ..., "fallback": ...}}`. Who hangs up stops the model.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.responses import JSONResponse, Response

from bot.errors import StoreDown
from bot.messages import Reply
from bot.untrusted import Unusable
from connectors.rasa.asking import Desk, taste_of
from connectors.rasa.tracing import continued
from connectors.rasa.tracker import Asked, read_json, read_tracker
from connectors.rasa.wire import Delivery, Receive, Send

log = structlog.get_logger()

MOST_SECONDS = 50.0
STATUS = {"too large": 413, "slow body": 408}


class Replies:
    """Answers `{"do": "reply" | "forget" | "hand_over", "tracker": ..., "wish": ..., "seconds": ...}`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, delivery: Delivery) -> Response:
        try:
            if delivery.problem:
                raise Unusable(delivery.problem)
            request = read_json(delivery.body)
            asked = read_tracker(request.get("tracker"), self._desk.settings.language_slot)
        except Unusable as error:
            return JSONResponse({"error": str(error)}, STATUS.get(str(error), 400))
        match request.get("do"):
            case "reply":
                return Lines(self._desk, asked, request, delivery)
            case "forget":
                return await self._done(asked, "forget", self._desk.forget)
            case "hand_over":
                return await self._done(asked, "handover", self._hand_over)
        return JSONResponse({"error": "nothing known to do"}, 400)

    async def _hand_over(self, asked: Asked) -> None:
        await self._desk.keep(asked, "action", None)
        await self._desk.hand_over(asked)

    async def _done(self, asked: Asked, phrase: str, work: Callable[[Asked], Awaitable[None]]) -> Response:
        reply = self._desk.phrase(asked, phrase)
        try:
            await work(asked)
        except StoreDown as error:
            log.warning("rasa: not done", what=phrase, error=str(error))
            return JSONResponse({"error": "The database is away. Try again in a moment."}, 503)
        return JSONResponse({"done": told(reply)})


class Lines(Response):
    """The reply as it grows."""

    def __init__(self, desk: Desk, asked: Asked, request: MutableMapping[str, Any], delivery: Delivery) -> None:
        super().__init__(media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._desk = desk
        self._asked = asked
        self._taste = taste_of({f"palaver_{name}": value for name, value in _wish(request).items()})
        given = request.get("seconds")
        self._seconds = min(float(given), MOST_SECONDS) if isinstance(given, int | float) and given > 0 else 30.0
        self._delivery = delivery
        self._text, self._sent = "", ""
        self._news = asyncio.Event()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        assert self._delivery.left is not None  # noqa: S101 - of a request that came over a wire
        with continued(self._delivery.headers, "rasa.reply"):
            writing = asyncio.ensure_future(self._write(send))
            left: asyncio.Future[None] = asyncio.ensure_future(self._delivery.left())
            try:
                await asyncio.wait((writing, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopped = not writing.done()
                writing.cancel()
                left.cancel()
                await asyncio.gather(writing, left, return_exceptions=True)
            if stopped:
                # Who speaks the text as it comes has said so much of it.
                await self._desk.keep(self._asked, "action", Reply(self._sent, "generative", "stopped"))

    async def _write(self, send: Send) -> None:
        reply: asyncio.Future[Reply] = asyncio.ensure_future(
            self._desk.answer(self._asked, self._taste, self._seconds, self._grow)
        )
        reply.add_done_callback(lambda _: self._news.set())
        try:
            while not reply.done():
                await self._news.wait()
                self._news.clear()
                await self._more(send, self._text)
        finally:
            reply.cancel()
        await self._end(send, await reply)

    async def _end(self, send: Send, reply: Reply) -> None:
        """What was sent cannot be taken back: a reply that turned out otherwise is said after it."""
        if not reply.text.startswith(self._sent):
            await self._line(send, {"text": "\n"})
            self._sent = ""
        await self._more(send, reply.text)
        await self._desk.keep(self._asked, "action", reply)
        await self._line(send, {"done": told(reply)}, last=True)

    def _grow(self, text: str) -> None:
        self._text = text
        self._news.set()

    async def _more(self, send: Send, text: str) -> None:
        if len(text) > len(self._sent) and text.startswith(self._sent):
            fresh, self._sent = text[len(self._sent) :], text
            await self._line(send, {"text": fresh})

    async def _line(self, send: Send, value: dict[str, Any], *, last: bool = False) -> None:
        body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
        await send({"type": "http.response.body", "body": body, "more_body": not last})


def told(reply: Reply) -> dict[str, Any]:
    """Return what the action server may know of a reply."""
    by_model = reply.writing is not None and reply.responder == "generative"
    fallback = "" if reply.responder == "scripted" else reply.reason
    return {
        "text": reply.text,
        "model": reply.writing.model if reply.writing is not None and by_model else None,
        "fallback": fallback or None,
    }


def _wish(request: MutableMapping[str, Any]) -> dict[str, Any]:
    wish = request.get("wish")
    return wish if isinstance(wish, dict) else {}
