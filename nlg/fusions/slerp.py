"""From one model to another along an arc, which keeps the length of weights where a straight line cuts the corner.

Spherical linear interpolation (Shoemake 1985, section 3.3), for each tensor as one long vector. What is not on one
sphere moves from one length to the other on the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from nlg import weights
from nlg.fusions import Blend, Ingredients, Need

PARALLEL = 1e-6
"""Sine of an angle below which the arc is taken for its chord; in float64 nothing is lost by that."""


@dataclass(frozen=True, slots=True)
class Slerp:
    """`t` is how far to go: 0 is the first member, 1 the second. Weights, where given, say it: the second's is `t`."""

    t: float = 0.5
    needs: ClassVar[frozenset[Need]] = frozenset()
    one_shape: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.t <= 1:
            raise ValueError(f"t is {self.t}, and should lie between 0 (the first model) and 1 (the second).")

    def __call__(self, told: Ingredients) -> Blend:
        shares = weights.shares(told, least=2, most=2)
        t = self.t if told.weights is None else shares[1]
        made = weights.mix(told, lambda _, held: slerp(held[0], held[1], t))
        return weights.blend(told, made, f"On the arc between the weights of two models, {t:.3g} of the way.")


def slerp(start: Tensor, end: Tensor, t: float) -> Tensor:
    """`t` of the way from `start` to `end`, float64 of any one shape.

    Where they are nearly parallel or opposite, or one is zero, there is no arc to speak of, and the way is straight.
    """
    angle = _angle(start, end)
    if math.sin(angle) < PARALLEL:
        return (1 - t) * start + t * end
    return (math.sin((1 - t) * angle) * start + math.sin(t * angle) * end) / math.sin(angle)


def _angle(start: Tensor, end: Tensor) -> float:
    """Between two vectors, in radians; 0 if there is none. Unlike arccos it is exact for small angles too."""
    lengths = float(start.norm()), float(end.norm())
    if 0.0 in lengths:
        return 0.0
    one, other = start / lengths[0], end / lengths[1]
    return 2 * math.atan2(float(torch.linalg.vector_norm(one - other)), float(torch.linalg.vector_norm(one + other)))


FUSION = Slerp
