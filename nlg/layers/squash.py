"""The hyperbolic tangent, by way of the logistic function.

On CPUs torch computes `sigmoid` up to thirty times faster than `tanh`, which takes most of an additive attention. The
two agree but for the last digit: tanh x = 2 sigmoid(2x) - 1. Of few numbers it is `tanh` itself, as four operations
take longer than one; and while a model learns, as its way back is one step.
"""

from __future__ import annotations

import torch
from torch import Tensor

FEW = 2048


def tanh(inputs: Tensor) -> Tensor:
    """Values in ±1 of the same shape."""
    if inputs.numel() < FEW or torch.is_grad_enabled() or not inputs.is_cpu:
        return inputs.tanh()
    return (inputs * 2).sigmoid_().mul_(2).sub_(1)
