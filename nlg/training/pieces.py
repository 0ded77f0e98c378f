"""Cuts a batch into pieces that are read one after another, or on several devices.

A piece knows its share of what the batch teaches. A loss is a mean over tokens, and the mean of the pieces' means is
another number than the mean over the batch, as pieces have more or fewer tokens; weighted by their shares it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nlg.data.batches import Batch
from nlg.interfaces import IGNORED


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a batch, and their share of its real tokens and of its rows."""

    batch: Batch
    tokens: float
    rows: float


def cut(batch: Batch, parts: int) -> list[Piece]:
    """Cut into `parts`. A batch of too few rows gives some pieces that repeat its first row and weigh nothing."""
    if parts == 1:
        return [Piece(batch, 1.0, 1.0)]
    numbers = torch.arange(len(batch.targets)).tensor_split(parts)
    return [_piece(batch, rows) if len(rows) else Piece(_trim(batch, rows.new_zeros(1)), 0.0, 0.0) for rows in numbers]


def _piece(batch: Batch, rows: torch.Tensor) -> Piece:
    mine = _trim(batch, rows)
    real, all_real = (int((targets != IGNORED).sum()) for targets in (mine.targets, batch.targets))
    return Piece(mine, real / all_real, len(rows) / len(batch.targets))


def _trim(batch: Batch, rows: torch.Tensor) -> Batch:
    """Only these rows, and no column that is padding in all of them."""
    lengths, targets = batch.lengths[rows], batch.targets[rows]
    read, written = int(lengths.max()), int((targets != IGNORED).sum(dim=1).max())
    shown = None if batch.shown is None else batch.shown[rows, :read]
    worse = None if batch.worse is None else _narrow(batch.worse[rows])
    return Batch(batch.contexts[rows, :read], lengths, batch.inputs[rows, :written], targets[:, :written], shown, worse)


def _narrow(worse: torch.Tensor) -> torch.Tensor:
    """What was rejected in these rows; one column of padding where nothing was."""
    return worse[:, : max(1, int((worse != IGNORED).sum(dim=1).max()))]
