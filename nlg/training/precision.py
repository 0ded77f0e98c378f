"""In which numbers a model is multiplied, and what happens where a device has none of those.

A device that only imitates short numbers is slower with them than with long ones: a CPU without bfloat16 of its own
takes fifty times longer, and has no LSTM for them at all. So it is given float32, and the run says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import torch

from nlg.training.recipe import Precision

SMALLEST_SCALE = 1.0
"""A loss that overflows float16 although it is not scaled up at all is lost."""


def native(precision: Precision, device: torch.device) -> bool:
    """Whether the device multiplies such numbers itself."""
    if precision == "float32" or device.type not in _NATIVE:
        return True
    return _NATIVE[device.type](precision)


def _cpu(precision: Precision) -> bool:
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    short = "bf16" if precision == "bfloat16" else "fp16"
    return bool(getattr(torch.ops.mkldnn, f"_is_mkldnn_{short}_supported")())


def _cuda(precision: Precision) -> bool:
    return precision == "float16" or torch.cuda.is_bf16_supported(including_emulation=False)


_NATIVE: Mapping[str, Callable[[Precision], bool]] = {"cpu": _cpu, "cuda": _cuda}


class Arithmetic:
    """The precision that is asked for, or float32 where `device` has none of it; then `note` is a line that says so.

    float16 has so small a range that slopes vanish in it: its loss is scaled up, and steps that overflow are left out
    while the scale falls (Micikevicius et al. 2018, section 3.2).
    """

    def __init__(self, asked: Precision, device: torch.device) -> None:
        possible = native(asked, device)
        self.precision = asked if possible else "float32"
        self.note = "" if possible else f"This {device.type} has no {asked} of its own: training in float32."
        self.device = device
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == "float16")

    def products(self) -> AbstractContextManager[object]:
        """Within it, matrix products are made in this precision."""
        short = self.precision != "float32"
        return torch.autocast(self.device.type, getattr(torch, self.precision) if short else None, enabled=short)

    @property
    def can_shrink(self) -> bool:
        """Whether numbers that overflow may come from the scale, which falls, and not from the model."""
        return self.scaler.is_enabled() and self.scaler.get_scale() > SMALLEST_SCALE
