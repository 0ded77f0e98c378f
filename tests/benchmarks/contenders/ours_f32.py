"""The engine's own loop, with float weights."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.contenders import Shape
from tests.benchmarks.contenders.ours_int8 import Ours, model_of


def open(shape: Shape, folder: Path) -> Ours:  # noqa: A001
    return Ours(model_of(shape))
