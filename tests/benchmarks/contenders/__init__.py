"""Who writes tokens, one way a file: its name is that of the contender.

Each offers `open(shape: Shape, folder: Path) -> Contender`, with random weights of that shape, in a process of its own
with one thread (`tests.benchmarks.contenders.child`). `folder` is for converted weights. A contender whose library is
not installed is left out: `pip install ctranslate2`, `pip install llama-cpp-python gguf` (which is built, for minutes).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a decoder-only model."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    positions: int = 512


SHAPES = {
    "gpt5m": Shape(4, 256, 4, 8192),
    "gpt2": Shape(12, 768, 12, 50257),
}


class Clock:
    """Seconds of the clock and of the processor since it was made or last read."""

    def __init__(self) -> None:
        self._read = self._now()

    def read(self) -> tuple[float, float]:
        now = self._now()
        passed = (now[0] - self._read[0], now[1] - self._read[1])
        self._read = now
        return passed

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


@dataclass(frozen=True, slots=True)
class Written:
    """Seconds until the first tokens were there, and for all later ones; of the clock and of the processor each."""

    first: tuple[float, float]
    rest: tuple[float, float]


class Contender(Protocol):
    """A model that is ready to write."""

    def write(self, contexts: Sequence[Sequence[int]], tokens: int) -> Written:
        """Read the contexts and write so many tokens to each, all at once, whether the reply has ended or not."""
        ...
