"""The mean of those members that get on with each other (Wortsman et al. 2022, recipe 1).

The best member on held-out replies comes first, then the others in their order; one stays in when the mean with it is
no worse. So the result is never worse there than the best member, and a member that spoils it is left out.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlg import weights
from nlg.errors import FusionError
from nlg.fusions import Blend, Ingredients, Need
from nlg.interfaces import IGNORED

if TYPE_CHECKING:
    from nlg.data.batches import Batch


@dataclass(frozen=True, slots=True)
class GreedySoup:
    """Worse and better are mean cross-entropies of the dev examples, in nats a token. All that stay in count alike."""

    needs: ClassVar[frozenset[Need]] = frozenset({"dev"})
    one_shape: ClassVar[bool] = True

    def __call__(self, told: Ingredients) -> Blend:
        weights.shares(told)
        if told.weights is not None:
            raise FusionError("a greedy soup finds by itself who counts. Leave weights out, or take the average.")
        if not told.batches:
            raise FusionError(
                "a greedy soup is chosen by held-out replies, and there are none: name dialogues to read."
            )
        losses = [surprise(member.model, told.batches) for member in told.members]
        kept, made, loss = _choose(told, losses)
        names = ", ".join(str(at + 1) for at in sorted(kept))
        note = f"The mean of the weights of models {names} of {len(losses)}, chosen greedily (dev loss {loss:.3f})."
        return weights.blend(told, made, note)


def _choose(told: Ingredients, losses: Sequence[float]) -> tuple[list[int], dict[str, Tensor], float]:
    """Who stays in, what their mean is, and its loss."""
    first, *others = sorted(range(len(losses)), key=losses.__getitem__)
    kept, made, best = [first], _soup(told, [first]), losses[first]
    trial = copy.deepcopy(told.members[0].model)
    for at in others:
        soup = _soup(told, [*kept, at])
        trial.load_state_dict(soup)
        loss = surprise(trial, told.batches)
        if loss <= best:
            kept, made, best = [*kept, at], soup, loss
    return kept, made, best


def _soup(told: Ingredients, kept: Sequence[int]) -> dict[str, Tensor]:
    few = replace(told, members=[told.members[at] for at in kept])
    return weights.mix(few, lambda _, held: weights.mean(held, [1 / len(kept)] * len(kept)))


@torch.inference_mode()
def surprise(model: nn.Module, batches: Sequence[Batch]) -> float:
    """Mean cross-entropy of the targets in nats a token."""
    device = next(model.parameters()).device
    total, tokens = 0.0, 0
    for batch in (held.to(device) for held in batches):
        logits = model(batch.contexts, batch.lengths, batch.inputs).flatten(0, 1)  # (B * T, V)
        losses = functional.cross_entropy(logits, batch.targets.flatten(), ignore_index=IGNORED, reduction="none")
        total += float(losses.double().sum())
        tokens += int((batch.targets != IGNORED).sum())
    return total / tokens


FUSION = GreedySoup
