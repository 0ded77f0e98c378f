"""Fusions: one file each with a `FUSION`, found by its name. Several models become one.

A `FUSION` is a frozen dataclass: its fields are what a command may set. Those in weight space mix the weights of models
of one shape; those in odds space keep all members and mix what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from torch import Tensor, nn

if TYPE_CHECKING:
    from nlg.data.batches import Batch

Need = Literal["base", "dev", "train"]
"""What a fusion asks for beside its members: their common ancestor, examples to choose by, or those to learn from."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the models: its family, the settings it was built with, and itself, in `eval` mode."""

    family: str
    settings: Mapping[str, Any]
    model: nn.Module


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What is fused. `weights` are not negative and add up to 1, one a member; None lets the fusion find its own.

    `batches` are what it asked for by `needs`, in the members' one vocabulary; empty if it asked for nothing.
    """

    members: Sequence[Member]
    weights: Sequence[float] | None = None
    base: Member | None = None
    batches: Sequence[Batch] = ()


@dataclass(frozen=True, slots=True)
class Blend:
    """The model that comes of it: a family with its settings, and all weights it has; and a line on how it was made."""

    family: str
    settings: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    note: str = ""


class Fusion(Protocol):
    """A way to make one model of several."""

    needs: ClassVar[frozenset[Need]]
    one_shape: ClassVar[bool]
    """Whether all members must have the same weights in the same shapes. Whoever calls has checked that."""

    def __call__(self, told: Ingredients) -> Blend:
        """Fuse; the members stay as they are. Raises `FusionError` when these members cannot be fused so."""
        ...
