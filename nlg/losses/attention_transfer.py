"""Attention transfer: the student is to look where the teacher looks while it writes.

The idea is that of Zagoruyko and Komodakis (2017, section 3.1), brought to Transformers by Jiao et al. (2020, section
3.1). They compare squares. As weights of attention are a distribution, they are compared as one, like in MiniLM (Wang
et al. 2020, section 3.1); here it is the attention over the context, of models with any number of heads and layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from nlg import divergence
from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class AttentionTransfer:
    """KL(teacher's attention || student's) over the tokens of the context, in nats."""

    needs: ClassVar[frozenset[Part]] = frozenset({"attention"})

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        assert lesson.attention is not None and said.attention is not None  # noqa: PT018, S101 - as it needs them
        return divergence.kl(_odds(lesson.attention, lesson.read), _odds(said.attention, lesson.read))


def _odds(attention: Tensor, read: Tensor) -> Tensor:
    """Logarithms of weights (B, T, S). Padding has none, and what is not looked at counts as barely looked at."""
    return attention.masked_fill(~read.unsqueeze(1), 0.0).clamp(min=divergence.LEAST).log()


LOSS = AttentionTransfer
