"""Adds up what members learnt since they were one, after most of it was dropped by chance and the rest made larger.

DARE (Yu et al. 2024, section 3.2): each change is dropped with probability p and divided by 1 - p if it stays, so it is
the same on average, while members get in each other's way less.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need


@dataclass(frozen=True, slots=True)
class Dare:
    """`drop` is the share of changes that is dropped; `scale` multiplies the mean of the others.

    Without `drop` it is task arithmetic (Ilharco et al. 2023). With `elect`, signs are elected and means are disjoint
    as in TIES: then a change that one member alone kept counts in full, divided by 1 - p as it is.
    What is dropped follows from `seed` and from the place of a member among the others, so their order matters.
    """

    drop: float = 0.9
    seed: int = 0
    scale: float = 1.0
    elect: bool = False
    needs: ClassVar[frozenset[Need]] = frozenset({"base"})
    one_shape: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.drop < 1:
            raise ValueError(f"drop is {self.drop}, and should be at least 0, which keeps all, and below 1.")
        if not 0 < self.scale < float("inf"):
            raise ValueError(f"scale is {self.scale}, and should be above 0; 1 is usual.")

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told, least=1)
        chances = [_chance(self.seed, at) for at in range(len(shares))]
        add = weights.agreed if self.elect else weights.mean

        def change(_: str, deltas: Sequence[Tensor]) -> Tensor:
            return add([self._thin(delta, chance) for delta, chance in zip(deltas, chances, strict=True)], shares)

        made = weights.add_tasks(told, change, self.scale)
        note = (
            f"The base, and {self.scale:.3g} times what {len(shares)} models learnt since (shares "
            f"{weights.listed(shares)}), {self.drop:.0%} of it dropped by chance with seed {self.seed} (DARE)"
            f"{', where their signs agree' if self.elect else ''}."
        )
        return weights.blend(told, made, note)

    def _thin(self, delta: Tensor, chance: torch.Generator) -> Tensor:
        stays = torch.rand(delta.shape, generator=chance, dtype=torch.float64) >= self.drop
        return delta * stays.to(delta.device) / (1 - self.drop)


def _chance(seed: int, at: int) -> torch.Generator:
    return torch.Generator().manual_seed(random.Random(f"{seed}/{at}").getrandbits(63))


FUSION = Dare
