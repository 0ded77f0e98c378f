"""Lets shadows answer what people were answered already, for the record. Whatever goes wrong, people do not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import structlog

from bot.interfaces import Responder
from bot.messages import Question, Reply
from bot.rollout.quiet import Quiet
from nlg.contract import Busy, Writer, WritingError

log = structlog.get_logger()

Keep = Callable[[int, int, str, Reply], Awaitable[bool]]
"""Stores a reply of a version beside the turn of a conversation."""

DROPPED, WRITTEN, FAILED = "dropped", "written", "failed"


class Shadowing:
    """At most `slots` at once; what comes when all are taken is dropped, and so is what would keep a person waiting."""

    def __init__(
        self,
        writers: Callable[[], list[tuple[str, Writer]]],
        make: Callable[[Writer], Responder],
        keep: Keep,
        quiet: Quiet,
        told: Callable[[str, str], None] = lambda version, outcome: None,  # noqa: ARG005
        slots: int = 2,
    ) -> None:
        """`quiet` is broken by replies that share a processor with shadows; `told` hears of every outcome."""
        self._writers = writers
        self._make = make
        self._keep = keep
        self._quiet = quiet
        self._told = told
        self._slots = slots
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, question: Question, turn: int) -> None:
        """Let each shadow answer the question that the reply `turn` answered. Returns at once."""
        for version, writer in self._writers():
            if len(self._tasks) >= self._slots:
                self._told(version, DROPPED)
                continue
            task = asyncio.create_task(self._answer(question, turn, version, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is being written."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, question: Question, turn: int, version: str, writer: Writer) -> None:
        outcome = DROPPED
        try:
            reply = await self._write(replace(question, id=uuid4().hex, version=version), writer)
            if reply is not None:
                await self._keep(question.conversation.id, turn, version, reply)
                outcome = WRITTEN if reply.responder else FAILED
        except Exception as error:
            outcome = FAILED
            log.warning("shadow failed", version=version, error=type(error).__name__)
        finally:
            self._told(version, outcome)

    async def _write(self, question: Question, writer: Writer) -> Reply | None:
        """Return what the version says, or why it says nothing; `None` when people need the processor or the worker."""
        try:
            async with asyncio.timeout(question.seconds):
                await self._quiet.begins()
        except TimeoutError:
            return None
        writing = asyncio.ensure_future(self._make(writer).respond(question, _unseen))
        disturbed = asyncio.ensure_future(self._quiet.ends())
        try:
            await asyncio.wait((writing, disturbed), return_when=asyncio.FIRST_COMPLETED)
            return _said(writing) if writing.done() else None
        finally:
            for task in (writing, disturbed):
                task.cancel()
            await asyncio.gather(writing, disturbed, return_exceptions=True)


def _said(writing: asyncio.Future[Reply | None]) -> Reply | None:
    try:
        return writing.result() or Reply("", "", "nothing")
    except Busy:
        return None
    except WritingError as error:
        return Reply("", "", error.reason)


def _unseen(text: str) -> None:
    """Nobody watches a shadow write."""
