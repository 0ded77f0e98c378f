"""Rows that are written together, step by step. Rows may come and go between two steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

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
        self._odds: Tensor | None = None
        """Those of a step, until tokens were chosen from them."""
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
        """Write one more token of each row. What it raises may be the fault of one row: then `step_apart`."""
        self._odds = self._slots.step(self._last(self.rows))
        choose(self._odds, self.rows)
        self._odds = None

    def step_apart(self) -> list[tuple[Row, Exception]]:
        """Write the token that `step` failed to write, row by row. Rows that fail again are let go of, and returned."""
        odds = [None] * len(self.rows) if self._odds is None else self._odds.unsqueeze(1)
        states, rows, lost = self._slots.states(), self.rows, []
        self._slots, self.rows, self._odds = Slots(self._model), [], None
        for state, row, said in zip(states, rows, odds, strict=True):
            try:
                self.put([self._alone(state, row, said)], [row])
            except Exception as error:
                lost.append((row, error))
        return lost

    def _alone(self, state: State, row: Row, odds: Tensor | None) -> State:
        """Write one more token of one row, whose odds may be there already; return the state after it."""
        slots = Slots(self._model)
        slots.put([state])
        choose(slots.step(self._last([row])) if odds is None else odds, [row])
        return slots.states()[0]

    def _last(self, rows: Sequence[Row]) -> Tensor:
        return torch.tensor([row.tokens[-1] if row.tokens else BOS for row in rows], device=self._device)

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
