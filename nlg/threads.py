"""How many cores one step of a model should use: what is quickest on this machine, as it is now."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import torch

ROUNDS = 5
GAIN = 0.85
"""More cores are taken only if a step then takes less than this share of the time: others may have use for them."""


def measured(work: Callable[[], object]) -> int:
    """Try `work` with 1, 2, 4 ... threads, in turns, and return how many to set. Leaves one thread set."""
    counts = [1 << power for power in range(len(os.sched_getaffinity(0)).bit_length())]
    best = {count: min(_seconds(work, count) for _ in range(ROUNDS)) for count in counts}
    torch.set_num_threads(1)
    chosen = 1
    for count in counts[1:]:
        if best[count] < GAIN * best[chosen]:
            chosen = count
    return chosen


def _seconds(work: Callable[[], object], threads: int) -> float:
    torch.set_num_threads(threads)
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
