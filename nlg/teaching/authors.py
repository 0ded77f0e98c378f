"""Who writes the replies that a student reads: a model at hand, by beam search, or a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from nlg import following
from nlg.beam import Beams, Found, search
from nlg.checkpoint import Checkpoint
from nlg.data.examples import Example


class Author(Protocol):
    """Writes several replies to each example, best first."""

    def __call__(self, examples: Sequence[Example]) -> list[list[Found]]: ...


class Model:
    """Writes with a checkpoint, single or fused."""

    def __init__(self, checkpoint: Checkpoint, beams: Beams, device: torch.device) -> None:
        checkpoint.model.to(device).eval()
        self._checkpoint, self._beams, self._device = checkpoint, beams, device

    def __call__(self, examples: Sequence[Example]) -> list[list[Found]]:
        contexts = following.contexts(self._checkpoint, [(example.lines, example.language) for example in examples])
        return search(self._checkpoint.writer, contexts, self._beams, self._checkpoint.tokenizer.silent, self._device)
