"""Mixes probabilities of models of any families, with weights fitted on held-out replies.

A linear opinion pool (Stone 1961): what one member is sure of stays possible. Ensembles of unlike networks decode so in
machine translation (Freitag, Al-Onaizan and Sankaran 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nlg import mixing
from nlg.fusions import Blend, Ingredients, Need


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Weights that are not given are found by expectation and maximisation."""

    needs: ClassVar[frozenset[Need]] = frozenset({"dev"})
    one_shape: ClassVar[bool] = False

    def __call__(self, told: Ingredients) -> Blend:
        return mixing.blend(told, "arithmetic", mixing.fitted(told, mixing.expectation_maximisation))


FUSION = Arithmetic
