"""Reverse Kullback-Leibler divergence: the student is to say nothing that the teacher holds unlikely.

A small student then learns what the teacher likes best, where forward KL would spread it thinly over everything. The
objective is that of MiniLLM (Gu et al. 2024, section 2.1), taken word by word on the replies of the batch. MiniLLM
itself takes it over whole replies that the student writes, by policy gradients (section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from nlg import divergence
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class ReverseKL:
    """KL(student || teacher) at `temperature`, times its square so that slopes keep their size.

    What the teacher excludes counts as barely possible (`divergence.LEAST`): otherwise the loss would be infinite.
    """

    temperature: float = 1.0
    needs: ClassVar[frozenset[Part]] = frozenset({"odds"})

    def __post_init__(self) -> None:
        divergence.check_temperature(self.temperature)

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        theirs, own = divergence.events(said, lesson, self.temperature)
        return divergence.kl(own, divergence.possible(theirs)) * self.temperature**2


LOSS = ReverseKL
