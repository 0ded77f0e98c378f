"""A stub engine for load and fault tests: it keeps the promises of an engine and needs no model."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle, islice

from nlg.contract import Busy, Decoding, Draft, Finish, Line, OnChunk, Prompt, Role, Timing

STUB_MODEL = "stub@1"


class Mishap(StrEnum):
    """What happens to a stub that is told to have mishaps, at a word of the last line that begins so."""

    STALL = "stub-stall"
    """Nothing is ever written, as by a model that hangs."""
    FAIL = "stub-fail"
    """An error that nobody thought of."""
    CRASH = "stub-crash"
    """The process is gone, as when the kernel ends whoever takes too much memory."""


def mishap_of(prompt: Prompt) -> Mishap | None:
    """Return what the last line asks for, if it does."""
    words = prompt.lines[-1].text.split()
    return next((one for one in Mishap for word in words if word.startswith(one)), None)


def stub_text(prompt: Prompt, tokens: int) -> str:
    """What the stub engine writes: the words of the last line, over and over, `tokens` of them."""
    words = prompt.lines[-1].text.split() or ["…"]
    return " ".join(islice(cycle(words), min(tokens, prompt.decoding.max_tokens)))


def prompt_of(text: str, seconds: float = 10.0, tokens: int = 96, name: str = "") -> Prompt:
    """A prompt of one line, with an id of its own."""
    lines = (Line(Role.USER, text),)
    return Prompt(name or secrets.token_hex(8), lines, seconds, decoding=Decoding(max_tokens=tokens))


@dataclass(slots=True)
class _Row:
    """One prompt at work or waiting."""

    prompt: Prompt
    on_chunk: OnChunk
    words: list[str]
    mishap: Mishap | None = None
    future: Future[Draft] = field(default_factory=Future)
    submitted: float = field(default_factory=time.monotonic)
    started: float = 0.0
    first: float = 0.0
    written: int = 0
    stopped: bool = False

    def finish(self, now: float) -> Finish | None:
        if self.stopped or self.future.cancelled():
            return Finish.STOPPED
        if self.written == len(self.words):
            return Finish.LENGTH if self.written == self.prompt.decoding.max_tokens else Finish.END
        return Finish.DEADLINE if now - self.submitted >= self.prompt.seconds else None

    def step(self) -> None:
        self.first = self.first or time.monotonic()
        self.on_chunk(("" if self.written == 0 else " ") + self.words[self.written])
        self.written += 1

    def settle(self, finish: Finish, now: float) -> None:
        with suppress(InvalidStateError):  # cancelled by whoever asked
            self.future.set_result(self.draft(finish, now))

    def draft(self, finish: Finish, now: float) -> Draft:
        started = self.started or now
        times = (started - self.submitted, (self.first or now) - self.submitted, now - self.submitted)
        read = sum(len(line.text.split()) for line in self.prompt.lines)
        text = " ".join(self.words[: self.written])
        timing = Timing(*(1000 * span for span in times))
        odds = tuple((word if at == 0 else f" {word}", -0.5) for at, word in enumerate(self.words[: self.written]))
        return Draft(self.prompt.id, text, -0.5, STUB_MODEL, finish, read, self.written, timing, odds)


class StubEngine:
    """Writes `tokens` words, one every `delay` seconds, for at most `slots` prompts at a time.

    Prompts beyond that wait; with `waiting` of them, the next gets `Busy`. With `mishaps`, words that begin as one of
    `Mishap` bring it about.
    """

    def __init__(
        self, slots: int = 8, tokens: int = 20, delay: float = 0.01, waiting: int = 1000, *, mishaps: bool = False
    ) -> None:
        self._slots, self._tokens, self._delay, self._most_waiting = slots, tokens, delay, waiting
        self._mishaps = mishaps
        self._news = threading.Condition()
        self._waiting: OrderedDict[str, _Row] = OrderedDict()
        self._working: dict[str, _Row] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="stub-engine", daemon=True)
        self._thread.start()

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        with self._news:
            mishap = mishap_of(prompt) if self._mishaps else None
            row = _Row(prompt, on_chunk, stub_text(prompt, self._tokens).split(" "), mishap)
            if self._closed or len(self._waiting) >= self._most_waiting:
                row.future.set_exception(Busy("more prompts wait than can be answered in time"))
                return row.future
            self._waiting[prompt.id] = row
            self._news.notify()
            return row.future

    def stop(self, prompt_id: str) -> None:
        with self._news:
            row = self._working.get(prompt_id) or self._waiting.get(prompt_id)
            if row is not None:
                row.stopped = True
                self._news.notify()

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()

    def _run(self) -> None:
        while self._wait():
            for row in list(self._working.values()):
                self._advance(row)
            with self._news:
                self._news.wait_for(lambda: False, self._delay)

    def _wait(self) -> bool:
        """Fill the slots, waiting while there is nothing to write. False when closed and done."""
        with self._news:
            self._news.wait_for(lambda: self._working or self._waiting or self._closed)
            while self._waiting and len(self._working) < self._slots:
                key, row = self._waiting.popitem(last=False)
                row.started = time.monotonic()
                self._working[key] = row
            self._end_waiting()
            return bool(self._working)

    def _end_waiting(self) -> None:
        now = time.monotonic()
        for key, row in list(self._waiting.items()):
            finish = row.finish(now)
            if finish is not None:
                del self._waiting[key]
                row.settle(finish, now)

    def _advance(self, row: _Row) -> None:
        if row.mishap is Mishap.CRASH:
            os.kill(os.getpid(), signal.SIGKILL)
        if row.mishap is Mishap.STALL and not self._closed:
            return
        if row.mishap is Mishap.FAIL:
            self._fail(row)
            return
        finish = row.finish(time.monotonic())
        if finish is None:
            row.step()
            return
        with self._news:
            del self._working[row.prompt.id]
        row.settle(finish, time.monotonic())

    def _fail(self, row: _Row) -> None:
        with self._news:
            del self._working[row.prompt.id]
        with suppress(InvalidStateError):
            row.future.set_exception(RuntimeError("the stub was told to fail"))
