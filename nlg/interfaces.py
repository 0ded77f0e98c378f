"""What every model family promises.

A family is one file in `nlg/models/` with a `FAMILY`. The file's name is the name used in recipes and checkpoints. What
losses promise is in `nlg/losses/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

State = dict[str, Tensor]
"""Where a model stands after some tokens: named tensors, one row a conversation, rows first.

Dimension 1 may differ between two states (how long the contexts are); it is padded with zeros at the end, and a state
carries what it needs (a mask, a length) for padding to change nothing. That is all `join` needs to know, so rows of
later arrivals can enter a running batch of any family.

What `start`, `step` and `select` return has no column at its end that all rows left empty. Whoever steps a state that
was padded further gives leave to write there: then tensors that grow with what is written keep their size, and are the
same before and after (`nlg.slots`). All else is never changed.
"""


IGNORED = -100
"""Stands in targets where there is nothing to predict."""


class ReplyModel(Protocol):
    """A model that writes replies token by token. Decoding, serving and fusion know nothing else of it."""

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        """Read padded contexts (B, S) of `lengths` (B,), at least 1 each, and return the state before any token."""
        ...

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token a row (B,) and return log-odds of the next (B, V), with the state after it."""
        ...

    def select(self, state: State, rows: Tensor) -> State:
        """Return the state of `rows` (any indices, in any order, repeats allowed), made as small as they need."""
        ...


@runtime_checkable
class Continuing(Protocol):
    """A reply model that reads contexts from left to right only, so they may be read in pieces."""

    def go_on(self, contexts: Tensor, lengths: Tensor, state: State) -> State:
        """Read more of the contexts, (B, S) of `lengths` (B,), after `state`, before any step: as if read at once."""
        ...


class TrainableModel(ReplyModel, Protocol):
    """A reply model that can also score whole replies at once. Both ways give the same log-odds."""

    def __call__(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        """Return log-odds (B, T, V) of the token after each of `replies` (B, T)."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of model: its settings (a frozen dataclass with a `vocab_size`), and how a model is built from them.

    `variants` are settings of small models, one for each way to build it: what tests try.
    """

    config: type[Any]
    build: Callable[[Any], nn.Module]
    variants: tuple[Mapping[str, Any], ...]


def join(states: Sequence[State]) -> State:
    """Put the rows of several states of one model under one another."""
    return {name: _stack([state[name] for state in states]) for name in states[0]}


def _stack(tensors: Sequence[Tensor]) -> Tensor:
    if tensors[0].dim() < 2:
        return torch.cat(list(tensors))
    width = max(tensor.shape[1] for tensor in tensors)
    return torch.cat([_widen(tensor, width) for tensor in tensors])


def _widen(tensor: Tensor, width: int) -> Tensor:
    missing = width - tensor.shape[1]
    if not missing:
        return tensor
    return torch.cat([tensor, tensor.new_zeros(tensor.shape[0], missing, *tensor.shape[2:])], dim=1)
