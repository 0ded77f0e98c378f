"""Several models of one vocabulary that write one reply together: at each token their odds are mixed.

Notable: the members may be of any families, as each reads and remembers in its own way (its state lies in the common
one under its number). Mixed are probabilities (`arithmetic`: what one member is sure of stays possible) or their
logarithms (`geometric`: what one member excludes is excluded), never bare log-odds, in which the member with the
loudest numbers wins. A member without weight is not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from nlg import plugins
from nlg.errors import RecipeError
from nlg.interfaces import Continuing, Family, State, TrainableModel
from nlg.settings import build as configured

Mix = Literal["arithmetic", "geometric"]
NEARLY = 1e-4
"""Weights from a file add up to 1 but for so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedConfig:
    """`members` are settings of families, each with its `family`; `weights` are not negative and add up to 1."""

    vocab_size: int
    members: list[Mapping[str, Any]]
    weights: list[float]
    mix: Mix = "arithmetic"

    def __post_init__(self) -> None:
        if not self.members or len(self.members) != len(self.weights):
            raise ValueError(f"{len(self.members)} members cannot have {len(self.weights)} weights")
        if not all(weight >= 0 for weight in self.weights) or not math.isclose(sum(self.weights), 1, abs_tol=NEARLY):
            raise ValueError(f"the weights {self.weights} should not be negative, and add up to 1")


class Fused(nn.Module):
    """Asks all members for each token."""

    def __init__(self, config: FusedConfig, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(members)
        self._asked = [at for at, weight in enumerate(config.weights) if weight]

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return _together(member.start(contexts, lengths) for member in self._models)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        asked = [member.step(tokens, _own(state, at)) for at, member in enumerate(self._models)]
        return self.mix([odds for odds, _ in asked]), _together(after for _, after in asked)

    def select(self, state: State, rows: Tensor) -> State:
        return _together(member.select(_own(state, at), rows) for at, member in enumerate(self._models))

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return self.mix([member(contexts, lengths, replies) for member in self._models])

    def mix(self, odds: Sequence[Tensor]) -> Tensor:
        """Mix log-odds (..., V) of the members that have a weight into the logarithms of probabilities (..., V)."""
        shares = torch.tensor([self.config.weights[at] for at in self._asked], device=odds[0].device)
        shares = shares / shares.sum()
        sure = torch.stack([one.float().log_softmax(dim=-1) for one in odds], dim=-1)  # (..., V, N)
        if self.config.mix == "geometric":
            return (sure * shares).sum(dim=-1).log_softmax(dim=-1)
        return (sure + shares.log()).logsumexp(dim=-1)

    @property
    def _models(self) -> Sequence[TrainableModel]:
        return [cast("TrainableModel", self.members[at]) for at in self._asked]


class FusedContinuing(Fused):
    """All of whose members read from left to right only."""

    def go_on(self, contexts: Tensor, lengths: Tensor, state: State) -> State:
        """As `Continuing`."""
        members = enumerate(cast("Sequence[Continuing]", self._models))
        return _together(member.go_on(contexts, lengths, _own(state, at)) for at, member in members)


def build(config: FusedConfig) -> Fused:
    """Build all members; raise `RecipeError` when one of them cannot be."""
    given = enumerate(config.members, start=1)
    members = [_member(settings, config.vocab_size, f"members.{at}") for at, settings in given]
    kind = FusedContinuing if all(isinstance(member, Continuing) for member in members) else Fused
    return kind(config, members)


def _member(settings: Mapping[str, Any], vocab_size: int, where: str) -> nn.Module:
    if not isinstance(settings, Mapping):
        raise RecipeError(f"{where}: {settings!r} should be a table with the settings of a family.")
    values = {**settings, "vocab_size": vocab_size}
    name = str(values.pop("family", ""))
    if name == "fused":
        raise RecipeError(f"{where}: a fused model cannot be a member of another. Fuse all of their members at once.")
    family = plugins.family(name)
    try:
        return family.build(configured(family.config, values, where))
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise RecipeError(f"{where}: no {name} can be built of these settings: {error}") from error


def _together(states: Iterator[State]) -> State:
    return {f"{at}.{name}": tensor for at, state in enumerate(states) for name, tensor in state.items()}


def _own(state: State, at: int) -> State:
    before = f"{at}."
    return {name.removeprefix(before): tensor for name, tensor in state.items() if name.startswith(before)}


_GPT = {"family": "gpt", "width": 16, "heads": 2, "inner": 24, "layers": 1, "positions": 64}
_GRU = {"family": "seq2seq", "cell": "gru", "embedding": 16, "encoder": 12, "decoder": 20, "attention_size": 8}

FAMILY = Family(
    FusedConfig,
    build,
    variants=(
        {"members": [_GRU, _GPT], "weights": [0.25, 0.75]},
        {"members": [_GPT, _GRU, {**_GRU, "cell": "lstm"}], "weights": [0.5, 0.25, 0.25], "mix": "geometric"},
        {"members": [_GPT, {**_GPT, "layers": 2}], "weights": [0.5, 0.5]},
    ),
)
