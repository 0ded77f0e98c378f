"""What training makes smaller: losses, each with its weight, and what a recipe adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from nlg.lessons import Lesson, Part, Said
from nlg.losses import Loss
from nlg.training.pieces import Piece


@dataclass(frozen=True, slots=True)
class Objective:
    """Losses with their weights, label smoothing, and more weight on first tokens. Pieces of a batch add up to it."""

    losses: Sequence[tuple[float, Loss]]
    smoothing: float = 0.0
    opening: float = 0.0

    @property
    def needs(self) -> frozenset[Part]:
        """What of a teacher the losses listen to."""
        return frozenset(part for _, loss in self.losses for part in loss.needs)

    def __call__(self, said: Said, lesson: Lesson, piece: Piece) -> Tensor:
        """What a piece adds."""
        loss, real = self._places(said, lesson), lesson.real  # (B, T)
        loss = loss.masked_fill(~real, 0.0)
        whole = loss.sum() / real.sum() * piece.tokens
        return whole + loss[:, 0].sum() / real[:, 0].sum() * (self.opening * piece.rows)

    def _places(self, said: Said, lesson: Lesson) -> Tensor:
        total = sum((weight * loss(said, lesson) for weight, loss in self.losses), start=said.logits.new_zeros(()))
        return total.lerp(even(said.logits), self.smoothing) if self.smoothing else total


def even(logits: Tensor) -> Tensor:
    """Cross-entropy of (B, T, V) with a distribution that holds all tokens for equally likely: (B, T).

    Mixed with cross-entropy it is label smoothing, without ever writing down what is to be smoothed.
    """
    return logits.logsumexp(dim=-1) - logits.mean(dim=-1)
