"""Tensors (B, T, ...) with one column a token that was read, in a state that knows the `length` (B, 1) of each row.

Columns are filled from the first on. What lies behind a row's length is never looked at: room for tokens to come.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nlg.interfaces import State


def roomy(state: State, names: tuple[str, ...], tokens: int) -> State:
    """The state with room for so many more tokens a row in tensors whose names begin with `names`.

    It is the same state where there is room, and else has copies in it, just large enough. While a model learns there
    are always copies, as what was read is needed again on the way back.
    """
    have = next(tensor.shape[1] for name, tensor in state.items() if name.startswith(names))
    missing = longest(state["length"]) + tokens - have
    if missing <= 0 and not torch.is_grad_enabled():
        return state
    return {
        name: _longer(tensor, max(missing, 0)) if name.startswith(names) else tensor for name, tensor in state.items()
    }


def _longer(tensor: Tensor, columns: int) -> Tensor:
    return functional.pad(tensor, (*(0, 0) * (tensor.dim() - 2), 0, columns)) if columns else tensor.clone()


def longest(length: Tensor) -> int:
    """The length of the longest row; 0 without rows."""
    return int(length.max()) if len(length) else 0


def at(places: Tensor) -> tuple[Tensor, Tensor]:
    """What `index_put_` is told to write at `places` (B, T) of each row."""
    return torch.arange(len(places), device=places.device).unsqueeze(1), places


def cut(state: State, names: tuple[str, ...], length: Tensor) -> State:
    """The state without columns that no row of this `length` has filled."""
    wide = longest(length)
    return {name: tensor[:, :wide] if name.startswith(names) else tensor for name, tensor in state.items()}
