"""Generalised Jensen-Shannon divergence: between forward and reverse KL, and never infinite.

GKD (Agarwal et al. 2024, section 2), with the teacher as their P and the student as their Q:

    middle = beta · teacher + (1 - beta) · student
    JSD    = beta · KL(teacher || middle) + (1 - beta) · KL(student || middle)

As beta goes to 0, JSD / beta goes to KL(teacher || student), the forward KL. As beta goes to 1, JSD / (1 - beta) goes
to KL(student || teacher), the reverse KL. The loss is JSD itself, so near both ends it is small: weigh it up there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from nlg import divergence
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class JSD:
    """JSD(beta) at `temperature`, times its square so that slopes keep their size. `beta` is the teacher's share."""

    beta: float = 0.5
    temperature: float = 1.0
    needs: ClassVar[frozenset[Part]] = frozenset({"odds"})

    def __post_init__(self) -> None:
        divergence.check_share("beta", self.beta, "its ends are the losses forward_kl and reverse_kl")
        divergence.check_temperature(self.temperature)

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        theirs, own = divergence.events(said, lesson, self.temperature)
        middle = divergence.mix(theirs, own, self.beta)
        apart = divergence.kl(theirs, middle).lerp(divergence.kl(own, middle), 1 - self.beta)
        return apart * self.temperature**2


LOSS = JSD
