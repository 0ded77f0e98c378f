"""Cross-entropy with the reply that was given: the usual way to learn from dialogues."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from nlg.interfaces import IGNORED


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


LOSS = cross_entropy
