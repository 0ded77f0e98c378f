"""A teacher that is a model at hand, of any family: single, or fused of several."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from nlg.data.batches import Batch
from nlg.hearing import check, hear
from nlg.lessons import Lesson, Part, Signal
from nlg.teaching import bare


class Live:
    """Asks `model` for each batch. With `most`, only the likeliest tokens are told, and the rest as one.

    The model stays as it is: in `eval` mode, without slopes.
    """

    def __init__(self, model: nn.Module, device: torch.device, most: int = 0) -> None:
        self._model = model.to(device).eval().requires_grad_(False)
        self._most = most

    def check(self, parts: frozenset[Part]) -> None:
        check(self._model, parts)

    @torch.no_grad()
    def __call__(self, batch: Batch, parts: frozenset[Part]) -> Lesson:
        said = hear(self._model, batch, parts)
        signal = Signal(said.logits.float().log_softmax(dim=-1)) if "odds" in parts else None
        if signal and self._most:
            signal = signal.cut(self._most)
        return replace(bare(batch), signal=signal, memory=said.memory, attention=said.attention)
