"""Finds how much each member of a fused model should say, from replies that people gave.

Uniform weights lose to the best member as soon as the members are uneven, so they are fitted on held-out replies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from nlg.errors import FusionError
from nlg.fusions import Blend, Ingredients, Member
from nlg.interfaces import IGNORED, TrainableModel

if TYPE_CHECKING:
    from nlg.data.batches import Batch

ROUNDS = 100
"""Of expectation and maximisation; the weights stand still long before."""
STEPS, RATE = 150, 0.05
PLACES = 4096
"""Places of replies at which whole distributions are compared, evenly spread; more do not fit into memory."""


@torch.no_grad()
def expectation_maximisation(members: Sequence[Member], batches: Sequence[Batch]) -> list[float]:
    """Weights of a mixture of probabilities that make the replies likeliest (Dempster, Laird and Rubin 1977).

    Each round can only make them likelier, and there is one best answer, so no start is better than another.
    """
    odds = torch.cat([_given(members, batch) for batch in batches]).double()  # (N, M)
    shares = odds.new_full((len(members),), 1 / len(members))
    for _ in range(ROUNDS):
        shares = (odds + shares.log()).softmax(dim=-1).mean(dim=0)
    return _rounded(shares)


def log_linear(members: Sequence[Member], batches: Sequence[Batch]) -> list[float]:
    """Weights of a mixture of logarithms that make the replies likeliest; none is negative, and they add up to 1."""
    odds, targets = _some_places(members, batches)
    free = torch.zeros(len(members), device=odds.device, requires_grad=True)
    optimizer = torch.optim.Adam([free], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        mixed = (odds * free.softmax(dim=0)).sum(dim=-1)  # (N, V)
        loss = torch.nn.functional.cross_entropy(mixed, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return _rounded(free.detach().softmax(dim=0).double())


def blend(told: Ingredients, mix: str, weights: Sequence[float]) -> Blend:
    """A model of the family `fused` with all members in it."""
    if len(told.members) != len(weights):
        raise FusionError(f"{len(told.members)} models need as many weights, and there are {len(weights)}.")
    settings = {"members": [_settings(member) for member in told.members], "weights": list(weights), "mix": mix}
    tensors = {
        f"members.{at}.{name}": tensor
        for at, member in enumerate(told.members)
        for name, tensor in member.model.state_dict().items()
    }
    shares = ", ".join(f"{member.family} {weight:.3f}" for member, weight in zip(told.members, weights, strict=True))
    return Blend("fused", settings, tensors, f"Mixed ({mix}) by the weights {shares}.")


def fitted(told: Ingredients, fit: Callable[[Sequence[Member], Sequence[Batch]], list[float]]) -> list[float]:
    """Weights by `fit`, or equal ones where there is nothing to fit them on."""
    if not told.batches:
        return [1 / len(told.members)] * len(told.members)
    return fit(told.members, told.batches)


def _settings(member: Member) -> Mapping[str, Any]:
    return {"family": member.family, **{name: one for name, one in member.settings.items() if name != "vocab_size"}}


def _given(members: Sequence[Member], batch: Batch) -> Tensor:
    """Log-probabilities (N, M) that the members give to the real tokens of a batch."""
    real = batch.targets != IGNORED
    asked = batch.targets.masked_fill(~real, 0).unsqueeze(-1)
    return torch.stack([_odds(member, batch).gather(-1, asked).squeeze(-1)[real] for member in members], dim=-1)


@torch.no_grad()
def _some_places(members: Sequence[Member], batches: Sequence[Batch]) -> tuple[Tensor, Tensor]:
    """Log-probabilities (N, V, M) at some places, and what was said there (N,)."""
    total = sum(int((batch.targets != IGNORED).sum()) for batch in batches)
    every = max(1, -(-total // PLACES))
    odds, targets = [], []
    for batch in batches:
        real = batch.targets != IGNORED
        odds.append(torch.stack([_odds(member, batch)[real][::every] for member in members], dim=-1))
        targets.append(batch.targets[real][::every])
    return torch.cat(odds), torch.cat(targets)


def _odds(member: Member, batch: Batch) -> Tensor:
    model = cast("TrainableModel", member.model)
    return model(batch.contexts, batch.lengths, batch.inputs).float().log_softmax(dim=-1)


def _rounded(shares: Tensor) -> list[float]:
    """To what a file can show; the largest takes what rounding left over."""
    weights = [round(share, 6) for share in shares.tolist()]
    most = weights.index(max(weights))
    weights[most] = round(weights[most] + 1 - sum(weights), 6)
    return weights
