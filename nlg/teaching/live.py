"""A teacher that is a model at hand, of any family: single, or fused of several."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

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
        lesson = replace(
            bare(batch), signal=self._signal(said.logits, parts), memory=said.memory, attention=said.attention
        )
        if lesson.worse is None or said.worse is None:
            return lesson
        return replace(lesson, worse=replace(lesson.worse, signal=self._signal(said.worse, parts)))

    def _signal(self, logits: Tensor, parts: frozenset[Part]) -> Signal | None:
        if "odds" not in parts:
            return None
        signal = Signal(logits.float().log_softmax(dim=-1))
        return signal.cut(self._most) if self._most else signal
