"""Writes many replies at once: one thread, one batch, and prompts that come and go between two steps.

Knows neither Celery nor any database. Whoever asks gets a future, and hears the text while it is written.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path

import torch

from nlg import checkpoint, following
from nlg import threads as cores
from nlg.admission import TOKENS, Admission, settle
from nlg.batch import Batch
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Draft, Line, OnChunk, Prompt, Role, WritingError
from nlg.decoding import MOST_TOKENS, Row
from nlg.placing import placed
from nlg.running import Running
from nlg.speech import Speech
from nlg.tickets import Ticket

_WARM_UP = (Line(Role.USER, "Hello, where is my order? 你好，我的订单到哪里了？"),)
_WARM_TOKENS = 16


class Engine:
    """Serves one model. `slots` is how many replies are written at once, `threads` how many cores a step may use.

    With 0 threads it is measured how many are quickest. `tokens` bounds those of all contexts and replies at once. A
    model that is loaded from a folder writes on a GPU where there is one, `compiled` if that is asked for.
    Raises `CheckpointError` when the model cannot be loaded. Callbacks run in the engine's thread and must be quick.
    """

    def __init__(
        self,
        model: Path | Checkpoint,
        slots: int = 16,
        threads: int = 1,
        tokens: int = TOKENS,
        compiled: bool = False,
    ) -> None:
        self.checkpoint = placed(checkpoint.load(model), compiled=compiled) if isinstance(model, Path) else model
        self._threads = threads
        self._admission = Admission(slots, tokens)
        self._batch = Batch(self.checkpoint)
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
        speech = Speech(self.checkpoint.tokenizer, prompt.decoding.stop)
        size = self.checkpoint.context + min(prompt.decoding.max_tokens, MOST_TOKENS)
        ticket = Ticket(prompt, on_chunk, speech, time.monotonic(), size)
        with self._changed:
            refusal = WritingError("the engine is closed") if self._closing else self._admission.refusal(prompt)
            if refusal is None:
                self._admission.put(ticket)
                self._changed.notify_all()
        if refusal is not None:
            ticket.fail(refusal)
        return ticket.future

    def stop(self, prompt_id: str) -> None:
        """End a reply early, at the next step; the draft keeps the text so far. Unknown ids are ignored."""
        with self._changed:
            for ticket in (*self._admission, *self._batch):
                if ticket.prompt.id == prompt_id:
                    ticket.stopped = True

    def close(self) -> None:
        """Take no more prompts, finish those that were taken, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _serve(self) -> None:
        try:
            with torch.inference_mode():
                self._warm_up()
                while self._wait():
                    self._admit()
                    self._advance()
        finally:
            self._abandon()

    def _warm_up(self) -> None:
        torch.set_num_threads(self._threads or cores.measured(self._write_one))
        began = time.monotonic()
        self._write_one()
        self._admission.seconds_each = time.monotonic() - began
        self._warm.set()

    def _write_one(self) -> None:
        running = Running(self.checkpoint.writer, self.checkpoint.device)
        running.add(following.contexts(self.checkpoint, [(_WARM_UP, "")]), [Row.begin(Decoding(_WARM_TOKENS))])
        while running.rows:
            running.step()
            running.keep(lambda row: row.finish is None)

    def _wait(self) -> bool:
        """Sleep until there is something to do; false when there will be nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: self._admission or any(self._batch) or self._closing)
            return bool(self._admission or any(self._batch))

    def _admit(self) -> None:
        now = time.monotonic()
        with self._changed:
            over = self._admission.turn_away(now)
            self._batch.begin(self._admission.take(self._batch))
        for ticket in over:
            settle(ticket, self.checkpoint.id, now)

    def _advance(self) -> None:
        for ticket in self._batch.advance():
            if ticket.admitted:
                self._admission.took(time.monotonic() - ticket.admitted)

    def _abandon(self) -> None:
        with self._changed:
            self._closing = True
            left = [*self._admission.drain(), *self._batch]
        for ticket in left:
            ticket.fail(WritingError("the engine has ended"))
