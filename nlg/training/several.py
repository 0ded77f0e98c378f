"""Several processes, a GPU each, that train one model together, through the library `accelerate`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import cast

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs
from torch import Tensor, distributed, nn

from nlg.errors import TrainingError

CHOICES = ("", "cpu", "cuda")
LONGEST = timedelta(days=1)
"""So long the others wait for the first, which may have a teacher write to everything; usual are ten minutes."""


class Several:
    """One of the processes that `accelerate launch` or `torchrun` started. Each takes the GPU of its own number."""

    def __init__(self, device: str) -> None:
        if device not in CHOICES:
            raise TrainingError(f"several processes cannot share {device!r}: leave --device out, or say cpu.")
        patience = InitProcessGroupKwargs(timeout=LONGEST)
        self._accelerator = Accelerator(cpu=device == "cpu", mixed_precision="no", kwargs_handlers=[patience])
        self.rank: int = self._accelerator.process_index
        self.size: int = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def wrap(self, model: nn.Module) -> nn.Module:
        return cast("nn.Module", self._accelerator.prepare_model(model))

    def quiet(self, model: nn.Module) -> AbstractContextManager[object]:
        return cast("AbstractContextManager[object]", self._accelerator.no_sync(model))

    def close(self) -> None:
        """Let go of the others."""
        distributed.destroy_process_group()

    def total(self, value: Tensor) -> Tensor:
        return cast("Tensor", self._accelerator.reduce(value, "sum"))
