"""The mean of all weights: a uniform or weighted model soup (Wortsman et al. 2022, section 2).

It asks for models that began as one, so that what one learnt means the same in another. Models that began apart give
one that has forgotten everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need


@dataclass(frozen=True, slots=True)
class Average:
    """Each member counts as much as its weight, or all alike."""

    needs: ClassVar[frozenset[Need]] = frozenset()
    one_shape: ClassVar[bool] = True

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told)
        made = weights.mix(told, lambda _, held: weights.mean(held, shares))
        note = f"The mean of the weights of {len(shares)} models (shares {weights.listed(shares)})."
        return weights.blend(told, made, note)


FUSION = Average
