"""Writes many replies at once: one thread, one batch, and prompts that come and go between two steps.

Knows neither Celery nor any database. Whoever asks gets a future, and hears the text while it is written.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path

import torch

from nlg import checkpoint, following
from nlg.checkpoint import Checkpoint
from nlg.contract import Busy, Decoding, Draft, Finish, Late, Line, OnChunk, Prompt, Role, WritingError
from nlg.decoding import Row
from nlg.running import Running
from nlg.speech import Speech
from nlg.tickets import Ticket

TOKENS_PER_CHUNK = 4
_WARM_UP = (Line(Role.USER, "Hello, where is my order? 你好，我的订单到哪里了？"),)


class Engine:
    """Serves one model. `slots` is how many replies are written at once, `threads` how many cores a step may use.

    Raises `CheckpointError` when the model cannot be loaded. Callbacks run in the engine's thread and must be quick.
    """

    def __init__(self, model: Path | Checkpoint, slots: int = 16, threads: int = 1) -> None:
        self.checkpoint = checkpoint.load(model) if isinstance(model, Path) else model
        self._slots, self._threads = slots, threads
        self._running = Running(self.checkpoint.writer)
        self._silent = self.checkpoint.tokenizer.silent
        self._starting: list[Ticket] = []
        self._tickets: list[Ticket] = []  # in the order of the batch
        self._queue: deque[Ticket] = deque()
        self._seconds_each = 0.0
        self._changed = threading.Condition()
        self._closing = False
        self._warm = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="nlg-engine", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether the model is warm and takes prompts."""
        return self._warm.is_set() and not self._closing

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        """Return at once; the future brings the draft, or a `WritingError`: `Busy` when it would come too late.

        A cancelled future frees its place in the batch at the next step.
        """
        ticket = Ticket(prompt, on_chunk, Speech(self.checkpoint.tokenizer), time.monotonic())
        with self._changed:
            refusal = self._refusal(prompt)
            if refusal is None:
                self._queue.append(ticket)
                self._changed.notify_all()
        if refusal is not None:
            ticket.fail(refusal)
        return ticket.future

    def stop(self, prompt_id: str) -> None:
        """End a reply early, at the next step; the draft keeps the text so far. Unknown ids are ignored."""
        with self._changed:
            for ticket in (*self._queue, *self._starting, *self._tickets):
                if ticket.prompt.id == prompt_id:
                    ticket.stopped = True

    def close(self) -> None:
        """Take no more prompts, finish those that were taken, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _refusal(self, prompt: Prompt) -> WritingError | None:
        if self._closing:
            return WritingError("the engine is closed")
        wait = self._seconds_each * (len(self._queue) // self._slots)
        if wait and wait >= prompt.seconds:
            return Busy(f"{len(self._queue)} prompts wait, which takes about {wait:.1f} s")
        return None

    def _serve(self) -> None:
        try:
            torch.set_num_threads(self._threads)
            with torch.inference_mode():
                self._warm_up()
                while self._wait():
                    self._admit()
                    self._advance()
        finally:
            self._abandon()

    def _warm_up(self) -> None:
        began = time.monotonic()
        self._running.add(following.contexts(self.checkpoint, [(_WARM_UP, "")]), [Row.begin(Decoding(max_tokens=24))])
        while self._running.rows:
            self._running.step()
            self._running.keep(lambda row: row.finish is None)
        self._seconds_each = time.monotonic() - began
        self._warm.set()

    def _wait(self) -> bool:
        """Sleep until there is something to write; false when there will be nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._tickets or self._closing)
            return bool(self._queue or self._tickets)

    def _admit(self) -> None:
        with self._changed:
            waiting = list(self._queue)
        for ticket in waiting:
            self._turn_away(ticket, time.monotonic())
        with self._changed:
            self._queue = deque(ticket for ticket in self._queue if not ticket.future.done())
            free = self._slots - len(self._tickets)
            self._starting = [self._queue.popleft() for _ in range(min(free, len(self._queue)))]
        if self._starting:
            self._start(self._starting)
            self._starting = []

    def _turn_away(self, ticket: Ticket, now: float) -> None:
        """Settle a prompt that need not be begun any more."""
        if ticket.stopped:
            ticket.finish(Row.begin(Decoding()), Finish.STOPPED, self.checkpoint.id, now)
        elif now >= ticket.deadline:
            ticket.fail(Late(f"waited {ticket.prompt.seconds:.1f} s for a place in the batch"))

    def _start(self, tickets: list[Ticket]) -> None:
        """Read the contexts together; if that fails, one by one, so that only the culprit suffers."""
        try:
            self._join(tickets)
        except Exception as error:
            if len(tickets) == 1:
                tickets[0].fail(error)
                return
            for ticket in tickets:
                self._start([ticket])

    def _join(self, tickets: list[Ticket]) -> None:
        rows = [Row.begin(ticket.prompt.decoding, self._silent) for ticket in tickets]
        talks = [(ticket.prompt.lines, ticket.prompt.language) for ticket in tickets]
        contexts = following.contexts(self.checkpoint, talks)
        self._running.add(contexts, rows)
        for ticket, context in zip(tickets, contexts, strict=True):
            ticket.admitted, ticket.context = time.monotonic(), len(context)
        with self._changed:
            self._tickets.extend(tickets)

    def _advance(self) -> None:
        if not self._tickets:
            return
        try:
            self._running.step()
        except Exception as error:
            self._give_up(error)
            return
        now = time.monotonic()
        for ticket, row in zip(self._tickets, self._running.rows, strict=True):
            self._tell(ticket, row, now)
        self._clear()

    def _tell(self, ticket: Ticket, row: Row, now: float) -> None:
        if ticket.future.done():  # cancelled
            return
        ticket.first = ticket.first or now
        try:
            finish = self._finish(ticket, row, now)
            if finish:
                ticket.finish(row, finish, self.checkpoint.id, now)
                self._seconds_each += 0.1 * (now - ticket.admitted - self._seconds_each)
            elif row.steps % TOKENS_PER_CHUNK == 0:
                ticket.say(row)
        except Exception as error:
            ticket.fail(error)

    def _finish(self, ticket: Ticket, row: Row, now: float) -> Finish | None:
        if row.lost:
            raise WritingError("the model's numbers ran away")
        if row.finish:
            return row.finish
        if ticket.stopped:
            return Finish.STOPPED
        return Finish.DEADLINE if now >= ticket.deadline else None

    def _clear(self) -> None:
        """Let go of the rows whose futures are settled or cancelled."""
        open_rows = {id(row) for t, row in zip(self._tickets, self._running.rows, strict=True) if not t.future.done()}
        with self._changed:
            self._tickets = [ticket for ticket in self._tickets if not ticket.future.done()]
        self._running.keep(lambda row: id(row) in open_rows)

    def _give_up(self, error: Exception) -> None:
        """A step failed for all rows alike: begin with an empty batch."""
        for ticket in self._tickets:
            ticket.fail(error)
        with self._changed:
            self._tickets = []
        self._running = Running(self.checkpoint.writer)

    def _abandon(self) -> None:
        with self._changed:
            self._closing = True
            left = [*self._queue, *self._starting, *self._tickets]
            self._queue.clear()
        for ticket in left:
            ticket.fail(WritingError("the engine has ended"))
