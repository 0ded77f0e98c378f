"""Answers asks with an engine: what a worker does between the queue of prompts and the queues of replies."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any

import structlog

from nlg.contract import Busy, Draft, Finish, Late, OnChunk, Prompt, WritingError
from nlg.serving.crowding import Crowding
from nlg.serving.interfaces import Generator, Watcher
from nlg.serving.sender import ReplySender
from nlg.serving.wire import LEAVING, Ask, Kind, Reply

GRACE_SECONDS = 2.0
"""How long after its time an engine may still hand over a draft before the worker gives up on it."""

STOPS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class _Job:
    """One run of a prompt in this worker: with the seconds that were left, and until when its replies are wanted."""

    ask: Ask
    prompt: Prompt
    until: float


class Unwatched:
    """Nobody counts."""

    def taken(self, waited: float, at_once: int) -> None: ...

    def written(self, draft: Draft) -> None: ...

    def failed(self, reason: str) -> None: ...


class Generation:
    """Hands prompts to the engine and its chunks, drafts and errors to the sender. Safe in many threads.

    With `slots` prompts at work, those that have waited too long in the broker are told at once that all are busy.
    """

    def __init__(
        self, engine: Generator, sender: ReplySender, slots: int = 256, watcher: Watcher | None = None
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._slots = slots
        self._crowding = Crowding()
        self._watcher = watcher or Unwatched()
        self._log = structlog.get_logger(__name__)
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._stopped: OrderedDict[str, None] = OrderedDict()

    @property
    def at_work(self) -> int:
        """How many prompts are being written, or wait in the engine."""
        return len(self._jobs)

    def answer(self, wire: Mapping[str, Any]) -> None:
        """Answer one ask and return when that is done. Never raises; what is no ask is logged and dropped."""
        try:
            ask = Ask.from_wire(wire)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._log.warning("ask.malformed", error=type(error).__name__)
            return
        job = self._admit(ask)
        if job is None:
            return
        try:
            self._write(job)
        finally:
            with self._lock:
                del self._jobs[job.prompt.id]

    def stop(self, prompt_id: str) -> None:
        """End the writing of this prompt early, also when it is still on its way to this worker."""
        with self._lock:
            self._stopped[prompt_id] = None
            while len(self._stopped) > STOPS_KEPT:
                self._stopped.popitem(last=False)
        self._engine.stop(prompt_id)

    def leave(self) -> None:
        """Tell everyone who still waits to ask another worker, and end what is being written."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            self._fail(job, LEAVING)
            self._engine.stop(job.prompt.id)

    def _admit(self, ask: Ask) -> _Job | None:
        """Return the job, or `None` for an ask that needs no writing: it is too late, stopped, or at work here."""
        now = time.time()
        prompt = ask.left(now)
        job = _Job(ask, prompt, time.monotonic() + ask.prompt.seconds + GRACE_SECONDS)
        refusal = self._refusal(ask, now)
        if refusal:
            self._fail(job, refusal)
            return None
        with self._lock:
            if prompt.id in self._jobs:
                return None
            if prompt.id not in self._stopped:
                self._jobs[prompt.id] = job
                self._watcher.taken(ask.waited(now), len(self._jobs))
                return job
        self._finish(job, Draft(prompt.id, "", 0.0, "", Finish.STOPPED))
        return None

    def _refusal(self, ask: Ask, now: float) -> str:
        """Why this prompt is not even begun: its time is over, or it is one of too many. Empty when it is."""
        waited, seconds = ask.waited(now), ask.prompt.seconds
        if waited >= seconds:
            return Late.reason
        standing = self._crowding.refuses(waited, seconds, time.monotonic())
        return Busy.reason if standing and len(self._jobs) >= self._slots else ""

    def _write(self, job: _Job) -> None:
        try:
            future = self._engine.submit(job.prompt, self._passer(job))
            self._finish(job, future.result(job.prompt.seconds + GRACE_SECONDS))
        except WritingError as error:
            self._fail(job, error.reason)
        except FutureTimeout:
            self._engine.stop(job.prompt.id)
            self._fail(job, Late.reason)
        except Exception as error:
            self._log.error("engine.failed", error=type(error).__name__, prompt=job.prompt.id)
            self._fail(job, WritingError.reason)

    def _passer(self, job: _Job) -> OnChunk:
        at = 0

        def pass_on(text: str) -> None:
            nonlocal at
            if text:
                self._post(job, Reply(Kind.CHUNK, job.prompt.id, job.ask.run, at, text))
                at += len(text)

        return pass_on

    def _finish(self, job: _Job, draft: Draft) -> None:
        timing = draft.timing
        self._watcher.written(draft)
        self._log.info(
            "prompt.written", prompt=draft.id, finish=draft.finish, ms=timing.total, tokens=draft.reply_tokens
        )
        self._post(job, Reply(Kind.DRAFT, draft.id, job.ask.run, draft=draft))

    def _fail(self, job: _Job, reason: str) -> None:
        self._watcher.failed(reason)
        self._log.info("prompt.failed", prompt=job.prompt.id, reason=reason)
        self._post(job, Reply(Kind.ERROR, job.prompt.id, job.ask.run, reason=reason))

    def _post(self, job: _Job, reply: Reply) -> None:
        self._sender.post(job.ask.reply_to, reply, job.until)
