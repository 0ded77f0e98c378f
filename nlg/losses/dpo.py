"""Direct preference optimisation: what people chose is to become likelier than what they rejected.

Rafailov et al. (2023), equation 7, with the teacher of the recipe as their reference: usually the checkpoint that the
run starts from. With a student p, a reference q, a reply y that was chosen and a reply z that was rejected:

    margin = (log p(y) - log q(y)) - (log p(z) - log q(z))
    DPO    = -log sigmoid(beta * margin)

A student that is still its reference has the loss log 2. Alone the loss also lowers replies that were chosen, as long
as the others fall faster (Pal et al. 2024, section 3): set `cross_entropy` beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from nlg.lessons import Lesson, Part, Said


@dataclass(frozen=True, slots=True)
class DPO:
    """-log sigmoid(beta * margin) of each row, in nats; 0 for rows of which nothing was rejected."""

    beta: float = 0.1
    needs: ClassVar[frozenset[Part]] = frozenset({"odds", "worse"})

    def __post_init__(self) -> None:
        if not 0.0 < self.beta < float("inf"):
            raise ValueError(f"beta {self.beta} should be above 0 and finite; 0.1 is usual")

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        if said.worse is None or lesson.worse is None:
            return said.logits[..., 0].nan_to_num() * 0.0  # not a bare 0: what has no slope cannot be learnt from
        margin = _gain(said.logits, lesson) - _gain(said.worse, lesson.worse)  # (B,)
        loss = -functional.logsigmoid(self.beta * margin)
        loss = loss.where(lesson.worse.real.any(dim=1), 0.0)
        return loss.unsqueeze(1).expand(lesson.targets.shape)


def _gain(logits: Tensor, lesson: Lesson) -> Tensor:
    """log p - log q of whole replies (B,), for a student's odds (B, T, V) and the teacher's of the same lesson."""
    assert lesson.signal is not None and lesson.signal.tokens is None  # noqa: PT018, S101 - as it needs all odds
    targets = lesson.targets.masked_fill(~lesson.real, 0).unsqueeze(-1)  # (B, T, 1)
    own, theirs = (odds.gather(-1, targets).squeeze(-1) for odds in (logits.log_softmax(dim=-1), lesson.signal.odds))
    return torch.where(lesson.real, own - theirs, 0.0).sum(dim=1)


LOSS = DPO
