"""Similarity of tokens: what the teacher holds for alike in a context, the student is to hold for alike too.

Similarity-preserving distillation (Tung and Mori 2019, section 3), with the tokens of one context in place of the
pictures of one batch. Teacher and student may be of any width, and nothing has to be learnt to compare them. Three
things differ from the paper. Tokens are centred first: vectors of tokens share a large common part (Ethayarajh 2019,
section 4.1), beside which all would look alike and little would be left to learn (Kornblith et al. 2019, section 3,
centre for the same reason). Padding is left out. And the sum is divided by the tokens and not by their square, so that
long contexts count as much as short ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import functional

from nlg.lessons import Lesson, Part, Said

FAINT = 1e-6
"""Rows of similarities shorter than this are not stretched: they are rounding, and slopes would explode."""


@dataclass(frozen=True, slots=True)
class HiddenState:
    """Mean over tokens of |teacher's row of similarities - student's row|², from 0 to 4; rows have length 1."""

    needs: ClassVar[frozenset[Part]] = frozenset({"memory"})

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        assert lesson.memory is not None and said.memory is not None  # noqa: PT018, S101 - as it needs them
        apart = similarities(lesson.memory, lesson.read) - similarities(said.memory, lesson.read)  # (B, S, S)
        each = apart.square().sum(dim=(1, 2)) / lesson.read.sum(dim=1)  # (B,)
        return each.unsqueeze(1).expand(lesson.targets.shape)


def similarities(memory: Tensor, read: Tensor) -> Tensor:
    """How alike the tokens of (B, S, M) are where `read` (B, S) is true: rows of length 1 (B, S, S), 0 elsewhere."""
    padding = ~read.unsqueeze(-1)  # (B, S, 1)
    total = memory.masked_fill(padding, 0.0).sum(dim=1, keepdim=True)  # (B, 1, M)
    centred = (memory - total / read.sum(dim=1).view(-1, 1, 1)).masked_fill(padding, 0.0)
    return functional.normalize(centred @ centred.transpose(1, 2), dim=-1, eps=FAINT)


LOSS = HiddenState
