"""Matrices in int8: how they are rounded, kept and multiplied.

Each row of weights has one scale, so that its largest is 127 (symmetric, as in Jacob et al. 2018). Inputs are rounded
when they come, each row with a scale of its own: what else is in a batch changes nothing. They get 7 bits, as two
products of 8 bits overflow the 16 that AVX2 adds them up in; so all x86 machines come to the same sums.

torch has no product with a scale for each row, so several rows are divided by theirs before and multiplied after. One
row alone tells its scale to the product, which saves half of the operations. Both round to the same integers, bit by
bit, as a step is a power of two of the largest input: 64 steps of it.

All use of torch's quantisation stands here, as parts of it are announced to go.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

MOST = 127
INPUTS = 64
MIDDLE = 64
"""Of inputs, which are kept as 0 to 128: 2 x 128 x 127 is the most that AVX2 adds up, and 16 bits hold it."""
SCALE = "_scale"
"""The scales of the weights `name` are named `name_scale`."""
SMALL = 1 << 16
"""Fewer weights are multiplied in float: rounding the inputs would take longer than it saves."""
TABLE = 1 << 22
"""Of so few weights there are float ones too when rows are looked up: 16 MB at most, for an eighth of the time."""
NOTE = "This machine has no int8 products (x86 with AVX2 has): int8 weights are multiplied in float32, and no faster."
_TINY = 2.0**-100
_SHORT = 1 << 8


def rounded(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Round (N, K) to int8, with scales (N,): each weight is off by half a scale at most (and a hundredth of that).

    Scales have 16 binary digits, so int8 times scale is exact, and rounding what was rounded changes nothing.
    """
    scales = _shortened(weights.float().abs().amax(dim=1).clamp(min=_TINY) / MOST)
    return (weights.float() / scales.unsqueeze(1)).round().to(torch.int8), scales


def whole(weights: Tensor, scales: Tensor) -> Tensor:
    """The float32 weights that int8 weights stand for."""
    return weights.float() * scales.unsqueeze(-1)


def floats(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a model in which those that are int8 are float32 again, and the scales are gone."""
    scales = {name + SCALE for name, tensor in tensors.items() if tensor.dtype is torch.int8}
    return {
        name: whole(tensor, tensors[name + SCALE]) if tensor.dtype is torch.int8 else tensor
        for name, tensor in tensors.items()
        if name not in scales
    }


def native() -> bool:
    """Whether torch multiplies int8 on this machine as we need it."""
    there = hasattr(torch, _MAKE) and hasattr(torch.ops.quantized, _PRODUCT)
    return there and torch.backends.quantized.engine in {"x86", "fbgemm"}


class Matrix:
    """Multiplies by int8 weights (N, K), or looks up rows of them."""

    def __init__(self, weights: Tensor, scales: Tensor) -> None:
        self._weights, self._scales, self._width = weights, scales, weights.shape[1]
        fast = weights.is_cpu and weights.numel() >= SMALL and native()
        self._product = _packed(weights, scales) if fast else None
        self._whole = None if fast else whole(weights, scales)

    def __call__(self, inputs: Tensor, bias: Tensor | None = None) -> Tensor:
        """Inputs (..., K) times the weights, and the bias (N,): (..., N) in float32."""
        if self._product is None:
            return functional.linear(inputs, cast("Tensor", self._whole), bias)
        if inputs.numel() == self._width:
            said = self._product(inputs, (inputs.abs().max().item() or _TINY) / INPUTS)  # (..., N)
            return said if bias is None else said.add_(bias)
        peaks = inputs.abs().amax(dim=-1, keepdim=True).clamp_(min=_TINY)  # (..., 1)
        said = self._product(inputs * peaks.reciprocal(), 1 / INPUTS)  # (..., N)
        return said.mul_(peaks) if bias is None else torch.addcmul(bias, said, peaks)

    def rows(self, places: Tensor) -> Tensor:
        """The weights at `places` (...): (..., K) in float32."""
        if self._whole is None and self._weights.numel() <= TABLE:
            self._whole = whole(self._weights, self._scales)
        if self._whole is not None:
            return functional.embedding(places, self._whole)
        return whole(self._weights[places], self._scales[places])


_MAKE = "_make_per_channel_quantized_tensor"
_PRODUCT = "linear_with_input_q_dq_qweight_dq_output_fp32"


def _packed(weights: Tensor, scales: Tensor) -> Callable[[Tensor, float], Tensor]:
    """The product of inputs with these weights, which rounds inputs to steps of the size it is told."""
    zeros = torch.zeros(len(scales), dtype=torch.long)
    with warnings.catch_warnings():  # that it will be gone some day: then `native` says so
        warnings.filterwarnings("ignore", message=".*deprecated", category=UserWarning)
        quantised = getattr(torch, _MAKE)(weights, scales.double(), zeros, 0)
    packed = torch.ops.quantized.linear_prepack(quantised, None)
    whole_call = getattr(torch.ops.quantized, _PRODUCT).default
    product = getattr(whole_call, "_op", whole_call)  # without what is only looked up for tensors of other kinds
    return lambda inputs, step: product(inputs, step, MIDDLE, packed)


def _shortened(scales: Tensor) -> Tensor:
    """The next larger float32 (or the same) whose last 8 binary digits are 0."""
    digits = scales.view(torch.int32)
    return ((digits + (_SHORT - 1)) & -_SHORT).view(torch.float32)
