"""Writes replies by CTranslate2: each on a thread of its own, from its first token to its last.

CTranslate2 keeps what it has begun until that ends, so prompts cannot come and go between the steps of a batch; in
return each has its own settings and its own time, and nobody waits for the longest of a batch. Contexts are read anew
at each turn. Chance has one seed for all, so the `seed` of a prompt has no effect. Scores are among the tokens that may
be said, with a penalty those after it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2
import numpy
import torch
from torch import Tensor

from nlg import following
from nlg.admission import Admission, settle
from nlg.contract import Decoding, Draft, OnChunk, Prompt, WritingError
from nlg.converting import converted
from nlg.converting.layout import name
from nlg.decoding import MOST_TOKENS, Row, choose
from nlg.speech import Speech
from nlg.tickets import Ticket
from nlg.tokenizer import BOS, CONTROLS, EOS, USER

_WARM_TOKENS = 16


class ConvertedEngine:
    """As `nlg.serving.interfaces.Generator`. `threads` is how many replies are written at once; 0: one for each core.

    Raises `CheckpointError` when the folder cannot be read. Callbacks run in threads of CTranslate2 and must be quick.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.model = converted.load(folder)
        threads = threads or len(os.sched_getaffinity(0))
        self._generator = ctranslate2.Generator(
            self.model.id, files=dict(self.model.files), inter_threads=threads, intra_threads=1
        )
        silent = range(self.model.tokenizer.silent)
        self._silent = [[name(token)] for token in silent if token != EOS]
        self._admission = Admission(threads)
        self._pool = ThreadPoolExecutor(threads, "nlg-converted")
        self._begun: list[Ticket] = []
        self._changed = threading.Condition()
        self._closing = False
        self._warm_up()

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        """Return at once; the future brings the draft, or a `WritingError`: `Busy` when it would come too late."""
        size = self.model.context + min(prompt.decoding.max_tokens, MOST_TOKENS)
        speech = Speech(self.model.tokenizer, prompt.decoding.stop)
        ticket = Ticket(prompt, on_chunk, speech, time.monotonic(), size)
        with self._changed:
            refusal = WritingError("the engine is closed") if self._closing else self._admission.refusal(prompt)
            if refusal is None:
                self._admission.put(ticket)
        if refusal is not None:
            ticket.fail(refusal)
        self._admit()
        return ticket.future

    def stop(self, prompt_id: str) -> None:
        """End a reply early, at the next token; the draft keeps the text so far. Unknown ids are ignored."""
        with self._changed:
            for ticket in (*self._admission, *self._begun):
                if ticket.prompt.id == prompt_id:
                    ticket.stopped = True
        self._admit()

    def close(self) -> None:
        """Take no more prompts, finish those that were taken, and let go of the model."""
        with self._changed:
            self._closing = True
            self._changed.wait_for(lambda: not self._admission and not self._begun)
        self._pool.shutdown()
        self._generator.unload_model()

    def _warm_up(self) -> None:
        began = time.monotonic()
        self._generate([USER, BOS], Decoding(_WARM_TOKENS), _WARM_TOKENS, _WARM_TOKENS, lambda _: False)
        self._admission.seconds_each = time.monotonic() - began

    def _admit(self) -> None:
        """Let those begin that a thread is free for, and answer those that need not begin any more."""
        now = time.monotonic()
        with self._changed:
            over = self._admission.turn_away(now)
            taken = self._admission.take(self._begun)
            self._begun.extend(taken)
            for ticket in taken:
                self._pool.submit(self._work, ticket)
            self._changed.notify_all()
        for ticket in over:
            settle(ticket, self.model.id, now)

    def _work(self, ticket: Ticket) -> None:
        ticket.admitted = time.monotonic()
        try:
            self._write(ticket)
        except Exception as error:
            ticket.fail(error)
        with self._changed:
            self._begun.remove(ticket)
            self._admission.took(time.monotonic() - ticket.admitted)
        self._admit()

    def _write(self, ticket: Ticket) -> None:
        row = Row.begin(ticket.prompt.decoding, self.model.tokenizer.silent)
        tokens = self._opened(ticket, row)
        if not ticket.future.done():
            left = min(row.decoding.max_tokens, MOST_TOKENS) - row.steps
            self._generate(tokens, row.decoding, left, int(not row.spoken), self._listener(ticket, row))

    def _opened(self, ticket: Ticket, row: Row) -> list[int]:
        """What is read of the conversation, and the topic that the reply opens with where the model has topics."""
        found = following.readings(self.model, ticket.prompt.lines, ticket.prompt.language)
        if row.silent == len(CONTROLS):
            ticket.context = len(found[0])
            return [*found[0], BOS]
        odds = torch.stack([self._odds(reading) for reading in found])  # (1 or 2, V)
        at = int(len(found) > 1 and following.surer_alone(odds, row.silent)[0])
        ticket.context = len(found[at])
        choose(odds[at : at + 1], [row])
        ticket.hear(row, self.model.id, time.monotonic())
        return [*found[at], BOS, *row.tokens]

    def _odds(self, context: Sequence[int]) -> Tensor:
        """Log-odds of a reply's first token (V,)."""
        told = [[name(token) for token in (*context, BOS)]]
        how: dict[str, Any] = {"max_length": 1, "include_prompt_in_result": False, "return_logits_vocab": True}
        [result] = self._generator.generate_batch(told, **how)
        return torch.from_numpy(numpy.array(result.logits[0][0]))

    def _listener(self, ticket: Ticket, row: Row) -> Callable[[Any], bool]:
        def heard(step: Any) -> bool:
            """Whether to write no more. What goes wrong here must not be thrown into threads that are not ours."""
            try:
                row.add(step.token_id, step.log_prob)
                ticket.hear(row, self.model.id, time.monotonic())
            except Exception as error:
                ticket.fail(error)
            return ticket.future.done()

        return heard

    def _generate(
        self, tokens: Sequence[int], decoding: Decoding, most: int, least: int, heard: Callable[[Any], bool]
    ) -> None:
        """Write after `tokens`. No end comes before the `least` tokens, and `heard` is told each one."""
        drawn = decoding.temperature > 0
        self._generator.generate_batch(
            [[name(token) for token in tokens]],
            max_length=most,
            min_length=least,
            repetition_penalty=decoding.repetition_penalty,
            sampling_topk=decoding.top_k if drawn else 1,
            sampling_topp=decoding.top_p if drawn else 1.0,
            sampling_temperature=decoding.temperature if drawn else 1.0,
            suppress_sequences=self._silent,
            include_prompt_in_result=False,
            return_scores=True,
            callback=heard,
        )
