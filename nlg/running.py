"""Rows that are written together, step by step. Rows may come and go between two steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from nlg.contract import Decoding
from nlg.data.batches import pad
from nlg.decoding import Row, choose
from nlg.interfaces import ReplyModel, State, join
from nlg.tokenizer import BOS, CONTROLS, PAD


class Running:
    """The batch. `rows` are in the order of the model's state."""

    def __init__(self, model: ReplyModel, device: torch.device | None = None) -> None:
        self._model, self._device = model, device
        self._state: State = {}
        self.rows: list[Row] = []

    def add(self, contexts: Sequence[Sequence[int]], rows: Sequence[Row]) -> None:
        """Read the contexts of new rows and put the rows after those that are being written."""
        tokens, lengths = pad(contexts, PAD)
        fresh = self._model.start(tokens.to(self._device), lengths.to(self._device))
        self._state = join([self._state, fresh]) if self.rows else fresh
        self.rows.extend(rows)

    def step(self) -> None:
        """Write one more token of each row."""
        last = torch.tensor([row.tokens[-1] if row.tokens else BOS for row in self.rows], device=self._device)
        logits, self._state = self._model.step(last, self._state)  # (B, V)
        choose(logits, self.rows)

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Let go of all other rows."""
        places = [at for at, row in enumerate(self.rows) if wanted(row)]
        if len(places) == len(self.rows):
            return
        self.rows = [self.rows[at] for at in places]
        self._state = self._model.select(self._state, torch.tensor(places, device=self._device)) if places else {}


@torch.inference_mode()
def write(
    model: ReplyModel,
    contexts: Sequence[Sequence[int]],
    decodings: Sequence[Decoding],
    silent: int = len(CONTROLS),
    device: torch.device | None = None,
) -> list[Row]:
    """Write a reply to each context, all in one batch. `silent` is that of the tokenizer, `device` the model's."""
    running = Running(model, device)
    rows = [Row.begin(decoding, silent) for decoding in decodings]
    running.add(contexts, rows)
    while running.rows:
        running.step()
        running.keep(lambda row: row.finish is None)
    return rows
