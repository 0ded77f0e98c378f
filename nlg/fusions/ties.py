"""Adds up what members learnt since they were one, where they agree: trim, elect sign, disjoint mean.

TIES-Merging (Yadav et al. 2023, section 4 and algorithm 1). Small changes are mostly noise, and large ones of unlike
sign would cancel each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need


@dataclass(frozen=True, slots=True)
class Ties:
    """`density` is the share of changes that is kept, the largest; `scale` multiplies what comes of them (lambda).

    The paper finds the largest of the whole model; with `within = "tensor"` they are found in each tensor, as mergekit
    does. Their number is rounded down, but not to none; equally large ones at the limit all stay.
    """

    density: float = 0.2
    scale: float = 1.0
    within: Literal["model", "tensor"] = "model"
    needs: ClassVar[frozenset[Need]] = frozenset({"base"})
    one_shape: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.density <= 1:
            raise ValueError(f"density is {self.density}, and should be above 0 and at most 1, which keeps all.")
        if not 0 < self.scale < float("inf"):
            raise ValueError(f"scale is {self.scale}, and should be above 0; 1 is usual.")

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told, least=1)
        base = weights.base_of(told)
        limits = [self._limits(weights.task(member, base)) for member in told.members]

        def change(name: str, deltas: Sequence[Tensor]) -> Tensor:
            kept = [delta * (delta.abs() >= limit[name]) for delta, limit in zip(deltas, limits, strict=True)]
            return weights.agreed(kept, shares)

        made = weights.add_tasks(told, change, self.scale)
        note = (
            f"The base, and {self.scale:.3g} times what {len(shares)} models learnt since (shares "
            f"{weights.listed(shares)}): the largest {self.density:.0%} of changes, where their signs agree (TIES)."
        )
        return weights.blend(told, made, note)

    def _limits(self, task: Mapping[str, Tensor]) -> dict[str, float]:
        """How large a change of each weight must be to stay."""
        if self.within == "tensor":
            return {name: self._limit(delta.abs().flatten()) for name, delta in task.items()}
        return dict.fromkeys(task, self._limit(torch.cat([delta.abs().flatten() for delta in task.values()])))

    def _limit(self, sizes: Tensor) -> float:
        kept = min(len(sizes), max(1, int(self.density * len(sizes))))
        return float(sizes.kthvalue(len(sizes) - kept + 1).values) if kept else 0.0


FUSION = Ties
