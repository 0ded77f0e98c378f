"""Takes batches apart into single examples, so that no padding is seen and each example has a slope of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nlg.errors import FusionError
from nlg.interfaces import IGNORED

if TYPE_CHECKING:
    from nlg.data.batches import Batch


@dataclass(frozen=True, slots=True)
class Single:
    """One example without padding: a row of a batch."""

    contexts: Tensor  # (1, S)
    lengths: Tensor  # (1,)
    inputs: Tensor  # (1, T)
    targets: Tensor  # (1, T)


def singles(batches: Sequence[Batch], device: torch.device) -> Iterator[Single]:
    """Each example that has something to predict; raise `FusionError` when there is none at all."""
    none = True
    for batch in batches:
        for row in range(len(batch.lengths)):
            real = (batch.targets[row] != IGNORED).nonzero()
            if len(real):
                none = False
                yield _cut(batch, row, int(real[-1]) + 1, device)
    if none:
        raise FusionError("this fusion learns from examples, and there are none: name dialogues to read.")


def _cut(batch: Batch, row: int, width: int, device: torch.device) -> Single:
    read, at = int(batch.lengths[row]), slice(row, row + 1)
    parts = (batch.contexts[at, :read], batch.lengths[at], batch.inputs[at, :width], batch.targets[at, :width])
    return Single(*(part.to(device) for part in parts))
