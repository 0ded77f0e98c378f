"""The writer that asks a server in OpenAI's format."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import structlog

from bot.writers.openai.asking import CONNECT_SECONDS, Locked, ask, body_of, with_places
from bot.writers.openai.events import Event
from bot.writers.openai.growing import Growing
from nlg.contract import Draft, Finish, Late, OnChunk, Prompt, Timing, Unreachable

if TYPE_CHECKING:
    from bot.writers.openai import OpenAISettings

LOOK_SECONDS = 10.0
FINISHES = {"length": Finish.LENGTH}
"""All other words of servers mean that the reply is whole."""


@dataclass
class _Reply:
    """One reply on its way."""

    prompt: Prompt
    text: Growing
    named: str
    began: float = field(default_factory=time.monotonic)
    first: float = 0.0
    last: Event = field(default_factory=Event)
    tokens: int = 0

    def take(self, event: Event) -> None:
        if event.text:
            self.first = self.first or time.monotonic()
            self.tokens += 1  # servers send one a token, more or less; the usage at the end says it exactly
            self.text.add(event.text)
        if event.model:
            self.named = f"{event.model}@{event.fingerprint or 'server'}"
        read, written = event.read or self.last.read, event.written or self.last.written
        self.last = Event("", event.finish or self.last.finish, read=read, written=written)

    def draft(self, finish: Finish) -> Draft:
        now = time.monotonic()
        timing = Timing(0.0, 1000 * ((self.first or now) - self.began), 1000 * (now - self.began))
        text, written = self.text.end(), self.last.written or self.tokens
        return Draft(self.prompt.id, text, 0.0, self.named, finish, self.last.read, written, timing)


class OpenAIWriter:
    """Streams replies from one server. Stopping hangs up: that is how such servers are told to stop."""

    def __init__(self, settings: OpenAISettings, key: str) -> None:
        self._model, self._persona = settings.model, settings.persona
        self._http = httpx.AsyncClient(
            base_url=settings.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(settings.silence, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=settings.connections),
        )
        self._log = structlog.get_logger(__name__)
        self._trouble = "the server has not been reached yet"
        self._stopping: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._open: set[asyncio.Task[Finish]] = set()
        self._closed = False
        self._looked = asyncio.Event()
        self._looking = asyncio.create_task(self._look())

    @property
    def trouble(self) -> str:
        return self._trouble

    @property
    def model(self) -> str:
        """The model that is asked for; empty while it is not known."""
        return self._model

    async def looked(self) -> None:
        """Return once the server has been looked for."""
        await self._looked.wait()

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        if self._closed:
            raise Unreachable("the writer is closed")
        reply, stopped = _Reply(prompt, Growing(on_chunk), f"{self._model}@server"), asyncio.Event()
        writing = asyncio.create_task(self._stream(reply))
        stop = asyncio.create_task(stopped.wait())
        self._open.add(writing)
        self._stopping[prompt.id].add(stopped)
        try:
            await asyncio.wait((writing, stop), timeout=prompt.seconds, return_when=asyncio.FIRST_COMPLETED)
            return reply.draft(self._finish(reply, writing, stopped))
        finally:
            for task in (writing, stop):
                task.cancel()
            await asyncio.gather(writing, stop, return_exceptions=True)
            self._open.discard(writing)
            self._forget(prompt.id, stopped)

    async def stop(self, prompt_id: str) -> None:
        for stopped in self._stopping.get(prompt_id, ()):
            stopped.set()

    async def close(self) -> None:
        self._closed = True
        self._looking.cancel()
        await asyncio.gather(self._looking, *self._open, return_exceptions=True)
        await self._http.aclose()

    def _finish(self, reply: _Reply, writing: asyncio.Task[Finish], stopped: asyncio.Event) -> Finish:
        """Return how it ended; raises what the writing raised, and `Late` when there is not a word."""
        if writing.done():
            return writing.result()
        if stopped.is_set():
            return Finish.STOPPED
        if not reply.text.text:
            raise Late(f"no word within {reply.prompt.seconds:g} seconds")
        return Finish.DEADLINE

    def _forget(self, prompt_id: str, stopped: asyncio.Event) -> None:
        self._stopping[prompt_id].discard(stopped)
        if not self._stopping[prompt_id]:
            del self._stopping[prompt_id]

    async def _stream(self, reply: _Reply) -> Finish:
        until = asyncio.get_running_loop().time() + reply.prompt.seconds
        try:
            await self._know_model()
            body = body_of(reply.prompt, self._model, with_places(reply.prompt.system) or self._persona)
            async with aclosing(ask(self._http, body, until)) as answer:
                async for event in answer:
                    reply.take(event)
            if not reply.last.finish:
                raise Unreachable("the server hung up in the middle of its answer")
        except (Locked, Unreachable) as error:
            self._note(str(error))
            raise
        self._note("")
        return FINISHES.get(reply.last.finish, Finish.END)

    async def _know_model(self) -> None:
        """Wait a moment for the server to say which models it has, where the owner named none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._model else CONNECT_SECONDS):
                await self._looked.wait()

    async def _look(self) -> None:
        """Find out what models there are, and whether the server is there at all, again and again."""
        while True:
            try:
                await self._list()
            except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
                self._note(f"the server cannot be reached ({type(error).__name__})")
            self._looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _list(self) -> None:
        answer = await self._http.get("models")
        if answer.status_code in (401, 403):
            self._note(f"the server refuses the key (status {answer.status_code})")
        elif answer.status_code >= 500:
            self._note(f"the server is out of order (status {answer.status_code})")
        else:
            self._note("")
            if answer.status_code == 200 and not self._model:
                self._model = str(answer.json()["data"][0]["id"])

    def _note(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._log.warning("openai.trouble", trouble=trouble) if trouble else self._log.info("openai.reached")
