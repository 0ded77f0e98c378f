"""Hears from all modules of a model where they look."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from torch import Tensor, nn

from nlg.layers.looking import Over, Watchable


@dataclass(frozen=True, slots=True)
class Look:
    """Where one layer looked. `layer` is its place in the model, as `decoder.blocks.0.context`."""

    layer: str
    over: Over
    weights: Tensor  # (B, heads, T, S)


class Recorder:
    """Watches a model while its context is entered. Calls from other threads, as of an engine, are not heard."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._watching = ExitStack()
        self._thread = 0
        self._looks: list[Look] = []

    def __enter__(self) -> Recorder:
        self._thread = threading.get_ident()
        for path, module in self._model.named_modules():
            if isinstance(module, Watchable):
                self._watching.enter_context(module.watch(partial(self._hear, path)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._watching.close()

    def take(self) -> list[Look]:
        """What was heard since the last call."""
        looks, self._looks = self._looks, []
        return looks

    def _hear(self, path: str, weights: Tensor, over: Over, part: str = "") -> None:
        if threading.get_ident() == self._thread:
            self._looks.append(Look(".".join(filter(None, (path, part))), over, weights))
