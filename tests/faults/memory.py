"""Whether processes grow: the memory of each, over time, and the slope that fits them all best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

WARM_SECONDS = 60.0
"""A process that has just begun takes what it needs; that is no growth."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held: `at` in seconds, `held` in MB."""

    pid: int
    at: float
    held: float


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), 0.0)


def slope(samples: Iterable[Sample], warm: float = WARM_SECONDS) -> float | None:
    """Return the common slope of all processes in MB a minute, `None` where none was looked at twice when warm.

    Least squares with a level of its own for each process, so that one that was started again says nothing by
    beginning small.
    """
    lives: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        lives[sample.pid].append(sample)
    products, squares = 0.0, 0.0
    for life in lives.values():
        kept = [sample for sample in life if sample.at - life[0].at >= warm and sample.held]
        more = _deviations(kept) if len(kept) > 1 else (0.0, 0.0)
        products, squares = products + more[0], squares + more[1]
    return 60.0 * products / squares if squares else None


def _deviations(life: Sequence[Sample]) -> tuple[float, float]:
    middle, level = fmean(sample.at for sample in life), fmean(sample.held for sample in life)
    off = [(sample.at - middle, sample.held - level) for sample in life]
    return sum(time * held for time, held in off), sum(time * time for time, _ in off)
