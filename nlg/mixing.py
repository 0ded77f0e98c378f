"""Finds how much each member of a fused model should say, from replies that people gave.

Uniform weights lose to the best member as soon as the members are uneven, so they are fitted on held-out replies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from nlg.errors import FusionError
from nlg.fusions import Blend, Ingredients, Member
from nlg.interfaces import IGNORED, TrainableModel

if TYPE_CHECKING:
    from nlg.data.batches import Batch

ROUNDS, ENOUGH = 2000, 1e-6
"""Of expectation and maximisation: they end when no weights can make a token likelier by more nats than `ENOUGH`."""
STEPS = 100
"""Of the search for a mixture of logarithms; it ends when the slope is flat."""
PLACES = 4096
"""Places of replies at which whole distributions are compared, evenly spread; more do not fit into memory."""
LEAST = -1e4
"""What is less likely counts as this, as nothing can be learnt from the logarithm of 0."""


@torch.no_grad()
def expectation_maximisation(members: Sequence[Member], batches: Sequence[Batch]) -> list[float]:
    """Weights of a mixture of probabilities that make the replies likeliest (Dempster, Laird and Rubin 1977).

    There is one best likelihood, so no start is better than another. Raises `FusionError` when a member's numbers ran
    away.
    """
    return _rounded(likeliest(torch.cat([_given(members, batch) for batch in batches]).double()))


def likeliest(odds: Tensor) -> Tensor:
    """Weights (M,) that make likeliest what M members gave log-probabilities (N, M), to `ENOUGH` nats a token.

    How much the weights grow tells how far they are from the best: it is above them by the logarithm of the largest
    growth at most, as the likelihood is concave (Cover 1984).
    """
    shares = odds.new_full((odds.shape[1],), 1 / odds.shape[1])
    for _ in range(ROUNDS):
        grown = maximised(odds, shares)
        near = float((grown / shares).nan_to_num(0.0).max()) <= math.exp(ENOUGH)
        shares = grown
        if near:
            break
    return shares


def maximised(odds: Tensor, shares: Tensor) -> Tensor:
    """One round: weights (M,) under which log-probabilities (N, M) make a mixture at least as likely as before."""
    return (odds + shares.log()).softmax(dim=-1).mean(dim=0)


@torch.enable_grad()
def log_linear(members: Sequence[Member], batches: Sequence[Batch]) -> list[float]:
    """Weights of a mixture of logarithms that make the replies likeliest; none is negative, and they add up to 1.

    They are never worse than equal ones. Raises `FusionError` when a member's numbers ran away.
    """
    odds, targets = _some_places(members, batches)
    free = torch.zeros(len(members), device=odds.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([free], max_iter=STEPS, tolerance_grad=1e-6, line_search_fn="strong_wolfe")
    best, shares = math.inf, free.detach().softmax(dim=0)

    def loss() -> float:
        nonlocal best, shares
        optimizer.zero_grad()
        mixed = odds @ free.softmax(dim=0)  # (N, V)
        found = torch.nn.functional.cross_entropy(mixed, targets)
        found.backward()  # type: ignore[no-untyped-call]
        if float(found.detach()) < best:
            best, shares = float(found.detach()), free.detach().softmax(dim=0)
        return float(found.detach())

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return _rounded(shares.double())


def blend(told: Ingredients, mix: str, weights: Sequence[float]) -> Blend:
    """A model of the family `fused` with all members in it that have a weight."""
    if len(told.members) != len(weights):
        raise FusionError(f"{len(told.members)} models need as many weights, and there are {len(weights)}.")
    heard = [(member, weight) for member, weight in zip(told.members, weights, strict=True) if weight]
    kept = [weight for _, weight in heard]
    settings = {"members": [_settings(member) for member, _ in heard], "weights": kept, "mix": mix}
    tensors = {
        f"members.{at}.{name}": tensor
        for at, (member, _) in enumerate(heard)
        for name, tensor in member.model.state_dict().items()
    }
    shares = ", ".join(f"{member.family} {weight:.3f}" for member, weight in zip(told.members, weights, strict=True))
    left = " Who has none was left out." if len(heard) < len(weights) else ""
    return Blend("fused", settings, tensors, f"Mixed ({mix}) by the weights {shares}.{left}")


def fitted(told: Ingredients, fit: Callable[[Sequence[Member], Sequence[Batch]], list[float]]) -> list[float]:
    """The weights that were given, or those found by `fit`; equal ones where there is nothing to fit them on.

    Raises `FusionError` for members that are fused themselves, before anything is fitted.
    """
    if any(member.family == "fused" for member in told.members):
        raise FusionError("a fused model cannot be a member of another. Fuse all of their members at once.")
    if told.weights is not None:
        return list(told.weights)
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
    odds = model(batch.contexts, batch.lengths, batch.inputs).float().log_softmax(dim=-1)
    if odds.isnan().any():
        raise FusionError(f"a {member.family} among the models has lost its numbers. Leave it out, or train it anew.")
    return odds.clamp(min=LEAST)


def _rounded(shares: Tensor) -> list[float]:
    """To what a file can show; the largest takes what rounding left over."""
    weights = [round(share, 6) for share in shares.tolist()]
    most = weights.index(max(weights))
    weights[most] = round(weights[most] + 1 - sum(weights), 6)
    return weights
