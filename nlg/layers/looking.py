"""How a module that looks at tokens shows where it looks, and how a model shows what it made of the context.

The first has a method `watch`, the second `watch_memory`. Nobody calls them while replies are served, so they cost
nothing there, and what is reported is computed beside what the model computes, which stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

Over = Literal["context", "text"]
"""What is looked at: the context; or what the same stack of layers has read so far, the context too if it read it."""


class Report(Protocol):
    """Hears where a module looks, call by call."""

    def __call__(self, weights: Tensor, over: Over, part: str = "") -> None:
        """Take weights (B, heads, T, S) that are at least 0 and add up to 1 over S; `part` names a layer within."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A module that can be watched."""

    def watch(self, report: Report) -> AbstractContextManager[object]:
        """Report each call of the module until the returned context is left."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A model with a part that reads the context and nothing else."""

    def watch_memory(self, report: Callable[[Tensor], object]) -> AbstractContextManager[object]:
        """Report what it makes of each token of the contexts it reads (B, S, M), until the returned context is left."""
        ...
