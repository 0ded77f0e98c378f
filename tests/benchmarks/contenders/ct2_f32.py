"""CTranslate2 with float weights."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.contenders import Shape
from tests.benchmarks.contenders.ct2_int8 import CTranslate2, convert


def open(shape: Shape, folder: Path) -> CTranslate2:  # noqa: A001
    convert(shape, folder / "ct2")
    return CTranslate2(folder / "ct2", "float32")
