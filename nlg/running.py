"""Rows that are written together, step by step. Rows may come and go between two steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from nlg.contract import Decoding
from nlg.data.batches import pad
from nlg.decoding import Row, choose
from nlg.interfaces import ReplyModel, State
from nlg.slots import Slots, apart
from nlg.tokenizer import BOS, CONTROLS, PAD


class Running:
    """The batch. `rows` are in the order of the model's state, which changes when rows are let go of."""

    def __init__(self, model: ReplyModel, device: torch.device | None = None) -> None:
        self._model, self._device = model, device
        self._slots = Slots(model)
        self.rows: list[Row] = []

    def add(self, contexts: Sequence[Sequence[int]], rows: Sequence[Row]) -> None:
        """Read the contexts of new rows and put the rows after those that are being written."""
        tokens, lengths = pad(contexts, PAD)
        fresh = self._model.start(tokens.to(self._device), lengths.to(self._device))
        self.put(apart(self._model, fresh, len(rows)), rows)

    def put(self, states: Sequence[State], rows: Sequence[Row]) -> None:
        """Put rows whose contexts were read, each with its state, after those that are being written."""
        self._slots.put(states)
        self.rows.extend(rows)

    def step(self) -> None:
        """Write one more token of each row."""
        last = torch.tensor([row.tokens[-1] if row.tokens else BOS for row in self.rows], device=self._device)
        choose(self._slots.step(last), self.rows)

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Let go of all other rows."""
        for place in reversed(range(len(self.rows))):
            if not wanted(self.rows[place]):
                self._slots.drop(place)
                last = self.rows.pop()
                if place < len(self.rows):
                    self.rows[place] = last


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
