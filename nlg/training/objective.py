"""What training makes smaller: a loss, and what a recipe adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from nlg.interfaces import IGNORED, Loss
from nlg.training.pieces import Piece


@dataclass(frozen=True, slots=True)
class Objective:
    """A loss with label smoothing, and more weight on first tokens. The pieces of a batch add up to the batch."""

    loss: Loss
    smoothing: float = 0.0
    opening: float = 0.0

    def __call__(self, logits: Tensor, piece: Piece) -> Tensor:
        """What a piece adds. `logits` is (B, T, V)."""
        targets = piece.batch.targets
        whole = self._smooth(logits, targets) * piece.tokens
        if not self.opening:
            return whole
        return whole + self._smooth(logits[:, :1], targets[:, :1]) * (self.opening * piece.rows)

    def _smooth(self, logits: Tensor, targets: Tensor) -> Tensor:
        loss = self.loss(logits, targets)
        return loss.lerp(even(logits, targets), self.smoothing) if self.smoothing else loss


def even(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy with a distribution that holds all tokens for equally likely: the mean over real `targets` (B, T).

    Mixed with cross-entropy it is label smoothing, without ever writing down what is to be smoothed.
    """
    real = targets != IGNORED
    surprise = logits.logsumexp(dim=-1) - logits.mean(dim=-1)  # (B, T)
    return (surprise * real).sum() / real.sum()
