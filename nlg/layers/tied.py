"""One matrix that tells tokens to a model, and odds of tokens to us (Press and Wolf 2017)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Tied(nn.Embedding):
    """An embedding of tokens that is read both ways."""

    def odds(self, said: Tensor, bias: Tensor | None = None) -> Tensor:
        """Log-odds of all tokens (..., V) after what a model says (..., D)."""
        return functional.linear(said, self.weight, bias)
