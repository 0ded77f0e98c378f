"""Cross-entropy with the reply that was given: the usual way to learn from dialogues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import functional

from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-log p(target), in nats."""

    needs: ClassVar[frozenset[Part]] = frozenset()

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        surprise = functional.cross_entropy(
            said.logits.flatten(0, 1), lesson.targets.flatten(), ignore_index=IGNORED, reduction="none"
        )
        return surprise.view_as(lesson.targets)


LOSS = CrossEntropy
