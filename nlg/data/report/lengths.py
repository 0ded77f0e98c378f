"""Lengths of very many things in little memory, exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(slots=True)
class Lengths:
    """How often each length was seen: as many numbers as there are different lengths."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, length: int) -> None:
        self.counts[length] += 1

    @property
    def total(self) -> int:
        return sum(length * times for length, times in self.counts.items())

    @property
    def mean(self) -> float:
        return self.total / max(1, self.counts.total())

    def quantile(self, share: float) -> int:
        """The smallest length that at least this share does not exceed; 0 when nothing was seen."""
        wanted, seen = share * self.counts.total(), 0
        for length in sorted(self.counts):
            seen += self.counts[length]
            if seen >= wanted:
                return length
        return 0

    def to_json(self) -> dict[str, float]:
        quantiles = {f"p{share * 100:.0f}": float(self.quantile(share)) for share in SHARES}
        ends = {"min": float(min(self.counts, default=0)), "max": float(max(self.counts, default=0))}
        return {"count": float(self.counts.total()), "mean": round(self.mean, 2), **quantiles, **ends}
