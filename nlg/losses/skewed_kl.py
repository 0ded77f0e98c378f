"""Skewed forward Kullback-Leibler divergence: the student is helped along by a share of the teacher.

DistiLLM (Ko et al. 2024, section 3.1) after Lee (2001). However little the student makes of a word, the loss stays
below -log(alpha) at temperature 1, so rare words pull less wildly than in forward KL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from nlg import divergence
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class SkewedKL:
    """KL(teacher || alpha · teacher + (1 - alpha) · student).

    At `temperature`, times its square so that slopes keep their size.
    """

    alpha: float = 0.1
    temperature: float = 1.0
    needs: ClassVar[frozenset[Part]] = frozenset({"odds"})

    def __post_init__(self) -> None:
        divergence.check_share("alpha", self.alpha, "without a skew it is the loss forward_kl")
        divergence.check_temperature(self.temperature)

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        theirs, own = divergence.events(said, lesson, self.temperature)
        return divergence.kl(theirs, divergence.mix(theirs, own, self.alpha)) * self.temperature**2


LOSS = SkewedKL
