"""Leads a model through tokens that are known, and writes down what it gives for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nlg.checkpoint import Checkpoint
from nlg.data.batches import pad
from nlg.errors import CheckpointError
from nlg.explaining.recorder import Look, Recorder
from nlg.tokenizer import BOS, PAD

IMPOSSIBLE = -1000.0
"""Stands for the logarithm of zero, which JSON cannot tell."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one step gave: log-probabilities of the next token (V,), and where the model looked."""

    odds: Tensor
    looks: tuple[Look, ...]


@torch.inference_mode()
def follow(checkpoint: Checkpoint, context: Sequence[int], written: Sequence[int]) -> list[Heard]:
    """What the model gives for each token of `written`; raise `CheckpointError` when its numbers ran away."""
    heard = []
    with Recorder(checkpoint.model) as recorder:
        state = checkpoint.writer.start(*pad([context], PAD))
        recorder.take()  # how it read the context
        for last in (BOS, *written[:-1]):
            logits, state = checkpoint.writer.step(torch.tensor([last]), state)  # (1, V)
            heard.append(Heard(_sound(logits[0]), tuple(recorder.take())))
    return heard


def _sound(logits: Tensor) -> Tensor:
    odds = logits.float().log_softmax(dim=-1)
    if bool(odds.isnan().any()):
        raise CheckpointError("the model's numbers ran away: there are no odds to tell.")
    return odds.clamp(min=IMPOSSIBLE)
