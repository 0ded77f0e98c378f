"""Linear layers that read the same inputs, side by side: one product in the place of several, where a layer can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


@runtime_checkable
class Joining(Protocol):
    """A linear layer that makes one product of its own and of others of its kind."""

    def joined(self, layers: Sequence[nn.Module], inputs: Tensor) -> Tensor:
        """What all `layers`, itself the first, say to (..., K), one after another: (..., sum of N)."""
        ...


def beside(layers: Sequence[nn.Module], inputs: Tensor) -> Tensor:
    """What several layers say to the same inputs (..., K): (..., sum of N)."""
    first = layers[0]
    if isinstance(first, Joining):
        return first.joined(layers, inputs)
    return torch.cat([layer(inputs) for layer in layers], dim=-1)
