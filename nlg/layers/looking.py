"""How a module that looks at tokens shows where it looks.

Such a module has a method `watch`. Nobody calls it while replies are served, so it costs nothing there, and what is
reported is computed beside what the model computes, which stays what it is.
"""

from __future__ import annotations

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
