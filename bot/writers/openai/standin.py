"""A server in OpenAI's format on this machine, with any of our writers behind it, and what may go wrong on demand.

For tests and trials: `async with serving(StandIn(writer)) as url:`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from nlg.contract import Decoding, Draft, Finish, Line, Prompt, Role, Writer

SECONDS = 60.0
PING_SECONDS = 0.1
REASONS = {Finish.LENGTH: "length"}
SAID = {"user": Role.USER, "assistant": Role.ASSISTANT}


@dataclass(frozen=True, slots=True)
class Fault:
    """One request goes wrong: with a `status`, with these raw `pieces` as its stream, after which `hang` says nothing
    more but comments that keep the line open. It is broken off where the pieces do not end the answer.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    pieces: tuple[bytes, ...] = ()
    hang: bool = False


@dataclass
class StandIn:
    """Keeps what it was asked. `faults` are used up by the next requests, one each. A `key` that is set is wanted."""

    writer: Writer
    model: str = "standin-7b"
    key: str = ""
    usage: bool = True
    streams: bool = True
    faults: deque[Fault | None] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    hung_up: int = 0
    """How often a client went away in the middle of a reply."""
    _ids: Iterator[int] = field(default_factory=count)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
            ]
        )

    async def _models(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse({"object": "list", "data": [{"id": self.model}]})

    async def _complete(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        body = await request.json()
        self.asked.append(body)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return self._wrong(fault)
        prompt = self._prompt(body)
        if body.get("stream") and self.streams:
            return StreamingResponse(self._stream(prompt), media_type="text/event-stream")
        draft = await self.writer.write(prompt, lambda _: None)
        return JSONResponse(self._chunk(message={"role": "assistant", "content": draft.text}, draft=draft))

    def _refused(self, request: Request) -> Response | None:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return JSONResponse({"error": {"message": "Incorrect API key provided"}}, 401)
        return None

    def _wrong(self, fault: Fault) -> Response:
        if fault.status != 200:
            return Response(fault.body, fault.status, fault.headers)

        async def stream() -> AsyncIterator[bytes]:
            for piece in fault.pieces:
                yield piece
                await asyncio.sleep(0)
            while fault.hang:
                yield b": ping\n\n"
                await asyncio.sleep(PING_SECONDS)

        return StreamingResponse(stream(), media_type="text/event-stream", headers=fault.headers)

    def _prompt(self, body: dict[str, Any]) -> Prompt:
        lines = tuple(Line(SAID[one["role"]], one["content"]) for one in body["messages"] if one["role"] in SAID)
        known = ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed")
        decoding = Decoding(**{name: body[name] for name in known if name in body})
        return Prompt(f"chatcmpl-{next(self._ids)}", lines, SECONDS, decoding=decoding)

    async def _stream(self, prompt: Prompt) -> AsyncIterator[bytes]:
        loop, chunks = asyncio.get_running_loop(), asyncio.Queue[str | None]()

        def pass_on(text: str | None) -> None:
            loop.call_soon_threadsafe(chunks.put_nowait, text)

        writing = asyncio.create_task(self.writer.write(prompt, pass_on))
        writing.add_done_callback(lambda _: pass_on(None))
        try:
            while (text := await chunks.get()) is not None:
                yield self._event(delta={"content": text})
            yield self._event(delta={}, draft=await writing)
            yield b"data: [DONE]\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            self.hung_up += 1
            raise
        finally:
            writing.cancel()

    def _event(self, **more: Any) -> bytes:
        return f"data: {json.dumps(self._chunk(**more), ensure_ascii=False)}\n\n".encode()

    def _chunk(self, draft: Draft | None = None, **said: Any) -> dict[str, Any]:
        reason = REASONS.get(draft.finish, "stop") if draft else None
        choice = {"index": 0, **said, "finish_reason": reason}
        told = {"object": "chat.completion.chunk", "model": self.model, "system_fingerprint": "fp_1"}
        if draft is not None and self.usage:
            usage = {"prompt_tokens": draft.prompt_tokens, "completion_tokens": draft.reply_tokens}
            return {**told, "choices": [choice], "usage": usage}
        return {**told, "choices": [choice]}


class _Server(uvicorn.Server):
    """Leaves the signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(standin: StandIn, port: int = 0) -> AsyncIterator[str]:
    """Serve on this port of the loopback, or a free one, until the block ends; gives the address with `/v1`."""
    config = uvicorn.Config(
        standin.app, lifespan="off", ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    listening, server = socket.create_server(("127.0.0.1", port)), _Server(config)
    running = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        await running
