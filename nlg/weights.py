"""Arithmetic in weight space: what fusions of models of one shape have in common.

Weights are mixed one by one in float64 and rounded to what they were, so equal models give that very model, and the
order of members shows only where a method says so. Weights that are one (tied embeddings) stay one. What is no number
with a fraction (counters, masks) is the first member's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from nlg.errors import FusionError
from nlg.fusions import Blend, Ingredients, Member

Mixed = Callable[[str, Sequence[Tensor]], Tensor]
"""Makes one weight of what the members have under that name, all float64."""


def shares(told: Ingredients, least: int = 2, most: int | None = None) -> list[float]:
    """How much each member counts: the weights that were given, or all alike.

    Raises `FusionError` for less than `least` members or more than `most`, and when weights are not one a member.
    """
    many = len(told.members)
    if many < least or (most is not None and many > most):
        wanted = f"{least}" if most == least else f"at least {least}"
        raise FusionError(f"{many} models were given, and this fusion takes {wanted}. Name them all as members.")
    weights = [1 / many] * many if told.weights is None else list(told.weights)
    if len(weights) != many:
        raise FusionError(f"{many} models need as many weights, and there are {len(weights)}.")
    return weights


def mix(told: Ingredients, mixed: Mixed) -> dict[str, Tensor]:
    """All weights of the new model; raise `FusionError` when members are not of one shape."""
    held = [member.model.state_dict() for member in told.members]
    for state in held:
        _check(held[0], state)
    made: dict[str, Tensor] = {}
    for name, first in twins(told.members[0].model).items():
        weight = held[0][name]
        if first != name:
            made[name] = made[first]
        elif weight.is_floating_point():
            made[name] = mixed(name, [_exact(state[name], weight) for state in held]).to(weight.dtype)
        else:
            made[name] = weight.clone()
    return made


def add_tasks(told: Ingredients, change: Mixed, scale: float) -> dict[str, Tensor]:
    """The base, and `scale` times what `change` makes of the members' task vectors: their differences from it.

    Task vectors are those of Ilharco et al. (2023). Raises `FusionError` when there is no base or its shape is another.
    """
    base = base_of(told).model.state_dict()
    _check(told.members[0].model.state_dict(), base)

    def moved(name: str, held: Sequence[Tensor]) -> Tensor:
        start = _exact(base[name], held[0])
        return start + scale * change(name, [weight - start for weight in held])

    return mix(told, moved)


def base_of(told: Ingredients) -> Member:
    """The model that all members began with; raise `FusionError` when it was not given."""
    if told.base is None:
        raise FusionError("this fusion adds up what members learnt since they were one: name their ancestor as base.")
    return told.base


def task(member: Member, base: Member) -> dict[str, Tensor]:
    """What a member learnt since the base, weight by weight, in float64. Weights that are one come once."""
    new, old, names = member.model.state_dict(), base.model.state_dict(), twins(base.model)
    _check(old, new)
    free = [name for name, first in names.items() if name == first and old[name].is_floating_point()]
    return {name: new[name].double() - _exact(old[name], new[name]) for name in free}


def mean(tensors: Sequence[Tensor], by: Sequence[float | Tensor]) -> Tensor:
    """The sum of tensors, each times its share."""
    return torch.stack([share * tensor for share, tensor in zip(by, tensors, strict=True)]).sum(dim=0)


def agreed(tensors: Sequence[Tensor], by: Sequence[float]) -> Tensor:
    """At each place the mean over those that have the sign of the sum: TIES, steps 2 and 3 (Yadav et al. 2023).

    A zero has no say in it, neither for nor against. Where the sum is zero, so is the mean.
    """
    stacked = torch.stack(list(tensors))  # (M, ...)
    parts = torch.stack([share * tensor for share, tensor in zip(by, tensors, strict=True)])
    same = stacked.sign() == parts.sum(dim=0).sign()
    counted = mean(list(same.double()), by)
    return (parts * same).sum(dim=0) / counted.clamp(min=torch.finfo(torch.float64).tiny)


def twins(model: nn.Module) -> dict[str, str]:
    """Every weight's name, with the first name that the same numbers have."""
    first: dict[object, str] = {}
    named = model.state_dict().items()
    return {name: first.setdefault(_place(name, weight), name) for name, weight in named}


def blend(told: Ingredients, weights: dict[str, Tensor], note: str) -> Blend:
    """A model of the members' own family and settings."""
    return Blend(told.members[0].family, told.members[0].settings, weights, note)


def listed(by: Sequence[float]) -> str:
    """Shares as a model card names them."""
    return ", ".join(f"{share:.3g}" for share in by)


def _place(name: str, weight: Tensor) -> object:
    return (weight.data_ptr(), weight.shape, weight.stride(), weight.dtype) if weight.numel() else name


def _exact(weight: Tensor, beside: Tensor) -> Tensor:
    return weight.detach().to(beside.device, torch.float64)


def _check(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    if one.keys() != other.keys():
        odd = min(one.keys() ^ other.keys())
        raise FusionError(f"{odd} is not a weight of all these models. Fuse models of one family and size.")
    for name, weight in one.items():
        if weight.shape != other[name].shape:
            sizes = f"{tuple(weight.shape)} and {tuple(other[name].shape)}"
            raise FusionError(
                f"{name} is {sizes}: the models differ in shape. Fuse those of one shape, or in odds space."
            )
