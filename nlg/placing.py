"""Where a model writes: on a GPU in bfloat16 if there is one, else as it is; its steps compiled if that is asked for.

Compiling takes half a minute and pays on GPUs, where a step is many small kernels. Whatever goes wrong there is logged
once, and the model goes on as it was.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from nlg.checkpoint import Checkpoint
from nlg.interfaces import State

LOG = logging.getLogger(__name__)
Step = Callable[[Tensor, State], tuple[Tensor, State]]


def placed(made: Checkpoint, device: str = "", compiled: bool = False, backend: str = "inductor") -> Checkpoint:
    """The checkpoint on `device` (empty: a GPU if there is one). The one that was given may be moved with it."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model = made.model
    if where.type == "cuda":
        model = model.to(where, torch.bfloat16)
    return replace(made, model=_compiled(model, backend) if compiled else model)


def _compiled(model: nn.Module, backend: str) -> nn.Module:
    """A twin with the same weights that steps by compiled code."""
    twin = copy.copy(model)
    slow = cast("Step", cast("Any", model).step)
    quick = torch.compile(slow, dynamic=True, backend=backend)
    object.__setattr__(twin, "step", Falling(quick, slow))
    return twin


class Falling:
    """Takes the quick way until it fails. A step may be taken again: it writes the same into the same places."""

    def __init__(self, quick: Step, slow: Step) -> None:
        self._quick: Step | None = quick
        self._slow = slow

    def __call__(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        if self._quick is not None:
            try:
                return self._quick(tokens, state)
            except Exception as error:
                LOG.warning("steps cannot be compiled here, going on without: %s", type(error).__name__)
                self._quick = None
        return self._slow(tokens, state)
