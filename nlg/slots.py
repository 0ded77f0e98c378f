"""Where the states of rows that are written together stand: in tensors that stay where they are while rows come and go.

Tensors of a state are of three kinds, which the first step tells apart: those that grow with what is written and those
that stay as they are (keys and values of the text and of the context) lie in slots, one a row; those that are new after
each step, however long the text (what recurrent cells remember), are taken as they come. A row that leaves makes room
for the last one, so the rows in use are always the first, and a step sees just them, as wide as the longest needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nlg.interfaces import ReplyModel, State, join

STRIDE = 8
"""Columns by which growing tensors get wider, so that most steps see the same tensors as the last one."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Names of the tensors that grow with what is written, and of those that stay; all others are fleeting.

    In the order of the state, which families may rely on.
    """

    growing: tuple[str, ...]
    staying: tuple[str, ...]

    @classmethod
    def of(cls, before: State, after: State) -> Kinds:
        """Tell from one step of a state that has no room."""
        staying = (name for name, tensor in before.items() if tensor is after[name] and tensor.dim() > 1)
        growing = (name for name, tensor in before.items() if tensor.shape[1:2] != after[name].shape[1:2])
        return cls(tuple(growing), tuple(staying))


class Slots:
    """The states of `len()` rows of a model, in the order in which they were put, but for those that filled gaps."""

    def __init__(self, model: ReplyModel) -> None:
        self._model = model
        self._kinds: Kinds | None = None
        self._names: tuple[str, ...] = ()
        self._kept: dict[str, _Slot] = {}
        self._passing: State = {}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def put(self, states: Sequence[State]) -> None:
        """Take the states of some more rows, one row each, and as small as `select` makes them."""
        self._rows += len(states)
        before = [self._passing] if self._passing else []
        if self._kinds is None:
            self._passing = join([*before, *states])
            return
        for state in states:
            for name, slot in self._kept.items():
                slot.put(state[name])
        passing = [{name: tensor for name, tensor in state.items() if name not in self._kept} for state in states]
        self._passing = join([*before, *passing])

    def drop(self, place: int) -> None:
        """Let go of the row at `place`, where the last row stands from now on."""
        self._rows -= 1
        if not self._rows:
            self._passing = {}
        else:
            order = torch.arange(self._rows)
            if place < self._rows:
                order[place] = self._rows
            self._passing = self._chosen(order)
        for slot in self._kept.values():
            slot.drop(place)

    def _chosen(self, rows: Tensor) -> State:
        rows = rows.to(next(iter(self._passing.values())).device)
        if self._kinds is None:  # the first step tells kinds apart by states that have no room
            return self._model.select(self._passing, rows)
        return {name: tensor[rows] for name, tensor in self._passing.items()}

    def step(self, tokens: Tensor) -> Tensor:
        """Read one token a row (B,) and return log-odds of the next (B, V)."""
        if self._kinds is None:
            return self._first(tokens)
        for name in self._kinds.growing:
            self._kept[name].grow()
        seen = {name: slot.view() for name, slot in self._kept.items()}
        odds, after = self._model.step(tokens, self._whole(seen))
        for name, tensor in seen.items():
            if after[name] is not tensor:
                tensor.copy_(after[name])
        self._passing = {name: tensor for name, tensor in after.items() if name not in seen}
        return odds

    def states(self) -> list[State]:
        """The state of each row, as small as it can be; that before a step if the step failed."""
        whole = self._whole({name: slot.view() for name, slot in self._kept.items()})
        device = next(iter(whole.values())).device if whole else None
        return [self._model.select(whole, torch.tensor([row], device=device)) for row in range(self._rows)]

    def _whole(self, seen: State) -> State:
        state = {**self._passing, **seen}
        return {name: state[name] for name in self._names} if self._names else state

    def _first(self, tokens: Tensor) -> Tensor:
        before, rows = self._passing, self._rows
        odds, after = self._model.step(tokens, before)
        self._kinds, self._names = Kinds.of(before, after), tuple(before)
        self._kept = {name: _Slot(name in self._kinds.growing) for name in (*self._kinds.growing, *self._kinds.staying)}
        self._passing, self._rows = {}, 0
        self.put(apart(self._model, after, rows))
        return odds


def apart(model: ReplyModel, state: State, rows: int) -> list[State]:
    """The states of single rows, each as small as it can be."""
    if rows == 1:
        return [state]
    device = next(iter(state.values())).device
    return [model.select(state, torch.tensor([row], device=device)) for row in range(rows)]


class _Slot:
    """One named tensor of all rows. Those that grow have room at the end of each row in use."""

    def __init__(self, grows: bool) -> None:
        self._grows = grows
        self._widths: list[int] = []
        self._tensor: Tensor | None = None
        self._view: Tensor | None = None

    @property
    def rows(self) -> int:
        """For how many rows there is a place."""
        return 0 if self._tensor is None else self._tensor.shape[0]

    def put(self, row: Tensor) -> None:
        tensor = self._large_enough(row)
        width, at = row.shape[1], len(self._widths)
        tensor[at, :width] = row[0]
        tensor[at, width:] = 0
        self._widths.append(width)
        self._view = None

    def drop(self, place: int) -> None:
        last = self._widths.pop()
        if place < len(self._widths) and self._tensor is not None:
            wide = max(last, self._widths[place])
            self._tensor[place, :wide] = self._tensor[len(self._widths), :wide]
            self._widths[place] = last
        self._view = None

    def grow(self) -> None:
        """Make each row one column wider."""
        self._widths = [width + 1 for width in self._widths]
        if self._view is not None and max(self._widths) > self._view.shape[1]:
            self._view = None

    def view(self) -> Tensor:
        """The rows in use, as wide as the widest; those that grow up to `STRIDE` columns wider."""
        if self._view is None:
            tensor = self._large_enough(None)
            self._view = tensor[: len(self._widths), : self._needed(0)]
        return self._view

    def _needed(self, width: int) -> int:
        wide = max([width, *self._widths])
        return wide + (-wide % STRIDE) if self._grows else wide

    def _large_enough(self, row: Tensor | None) -> Tensor:
        """The tensor, moved to a larger place where rows or columns are missing."""
        old = self._tensor
        rows, wide = len(self._widths) + (row is not None), self._needed(0 if row is None else row.shape[1])
        if old is not None and rows <= old.shape[0] and wide <= old.shape[1]:
            return old
        like = old if row is None else row
        if like is None:
            raise ValueError("there is no row to see yet")
        have = (0, 0) if old is None else (old.shape[0], old.shape[1])
        self._tensor = _laid(like, *(_grown(*sizes) for sizes in zip(have, (rows, wide), strict=True)))
        if old is not None:
            self._tensor[: have[0], : have[1]] = old
        return self._tensor


def _laid(like: Tensor, rows: int, columns: int) -> Tensor:
    """Zeros (rows, columns, ...) with the columns of each head side by side in memory, as attention reads them."""
    if like.dim() < 4:
        return like.new_zeros(rows, columns, *like.shape[2:])
    return like.new_zeros(rows, *like.shape[2:-1], columns, like.shape[-1]).movedim(-2, 1)


def _grown(have: int, wanted: int) -> int:
    """At least `wanted`; half as much again as there was, where that is not enough."""
    return have if wanted <= have else max(wanted, have + have // 2)
