"""Mixes logarithms of probabilities of models of any families: what one member excludes is excluded.

A logarithmic opinion pool (Genest and Zidek 1986, section 3.2), or product of experts (Hinton 2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nlg import mixing
from nlg.fusions import Blend, Ingredients, Need


@dataclass(frozen=True, slots=True)
class Geometric:
    """Weights that are not given are those that make held-out replies likeliest."""

    needs: ClassVar[frozenset[Need]] = frozenset({"dev"})
    one_shape: ClassVar[bool] = False

    def __call__(self, told: Ingredients) -> Blend:
        return mixing.blend(told, "geometric", mixing.fitted(told, mixing.log_linear))


FUSION = Geometric
