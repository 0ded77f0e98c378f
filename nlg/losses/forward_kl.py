"""Forward Kullback-Leibler divergence: the student is to hold likely whatever the teacher does.

Word-level knowledge distillation of Kim and Rush (2016, section 3.1) after Hinton, Vinyals and Dean (2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from nlg import divergence
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class ForwardKL:
    """KL(teacher || student) at `temperature`, times its square so that slopes keep their size (Hinton, section 2)."""

    temperature: float = 1.0
    needs: ClassVar[frozenset[Part]] = frozenset({"odds"})

    def __post_init__(self) -> None:
        divergence.check_temperature(self.temperature)

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        theirs, own = divergence.events(said, lesson, self.temperature)
        return divergence.kl(theirs, own) * self.temperature**2


LOSS = ForwardKL
