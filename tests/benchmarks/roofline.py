"""What this machine can do at most on one thread: bytes from memory a second, and products of matrices."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from nlg.layers.rounding import Matrix, rounded
from tests.benchmarks.measures import row

TRIES = 5
MEGABYTES = 256
SIDE = 1024


def rows() -> list[dict[str, Any]]:
    """Three rows, in the form of the others."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            return [_row("memory read, GB/s", _memory()), *(_row(name, rate) for name, rate in _products())]
    finally:
        torch.set_num_threads(threads)


def _row(what: str, value: float) -> dict[str, Any]:
    return row(f"this machine: {what}", "", round(value, 1), "")


def _memory() -> float:
    numbers = torch.ones(MEGABYTES << 18)
    return numbers.nbytes / _best(numbers.sum) / 1e9


def _products() -> list[tuple[str, float]]:
    inputs, weights = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    matrix = Matrix(*rounded(weights))
    operations = 2 * SIDE**3 / 1e9
    return [
        ("float32 products, GFLOP/s", operations / _best(lambda: inputs @ weights)),
        ("int8 products, GOP/s", operations / _best(lambda: matrix(inputs))),
    ]


def _best(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)
