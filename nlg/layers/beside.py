"""Linear layers that read the same inputs, side by side: one product in the place of several, where a layer can.

Such a layer has a method `joined`, which takes all layers, itself the first, and the inputs. It is asked for by name:
asking for a protocol takes as long as a small product.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def beside(layers: Sequence[nn.Module], inputs: Tensor) -> Tensor:
    """What several layers say to the same inputs (..., K), one after another: (..., sum of N)."""
    joined = getattr(layers[0], "joined", None)
    if joined is None:
        return torch.cat([layer(inputs) for layer in layers], dim=-1)
    return joined(layers, inputs)  # type: ignore[no-any-return]
