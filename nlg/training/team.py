"""Who trains a model: one process on one device, or several that share out each batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from nlg.errors import TrainingError

T = TypeVar("T")


class Team(Protocol):
    """The processes of a run, seen from one of them: that of `rank` 0 writes and talks. All have the same weights."""

    rank: int
    size: int
    device: torch.device

    def wrap(self, model: nn.Module) -> nn.Module:
        """Return a model whose slopes, after going backwards through it, are the mean over all processes."""
        ...

    def quiet(self, model: nn.Module) -> AbstractContextManager[object]:
        """Within it, slopes of a wrapped model are added up here, and told to nobody yet."""
        ...

    def total(self, value: Tensor) -> Tensor:
        """The sum of what all processes hold. All have to ask, and wait for one another."""
        ...


class Alone:
    """One process."""

    rank, size = 0, 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def wrap(self, model: nn.Module) -> nn.Module:
        return model

    def quiet(self, model: nn.Module) -> AbstractContextManager[object]:  # noqa: ARG002 - there is nobody to tell
        return nullcontext()

    def total(self, value: Tensor) -> Tensor:
        return value


@contextmanager
def gathered(device: str = "") -> Iterator[Team]:
    """Find out who trains: all that `accelerate launch` or `torchrun` started, or this process alone.

    At the end of the block they wait for one another before they part: a process that talks to one that is gone
    already dies. Raises `TrainingError` when `device` cannot be used.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Alone(usable(device))
        return
    with _several(device) as team:
        yield team
        team.total(torch.zeros(1, device=team.device))


def _several(device: str) -> AbstractContextManager[Team]:
    try:
        from nlg.training.several import Several  # noqa: PLC0415 - accelerate is an extra
    except ImportError as error:
        raise TrainingError(
            f"several processes need one more package: pip install 'palaver[train]' ({error})"
        ) from error
    return closing(Several(device))


def in_turn(team: Team, work: Callable[[], T]) -> T:
    """Have all processes do it, that of rank 0 before the others: what it leaves on the disk they find there."""
    found = work() if team.rank == 0 else None
    team.total(torch.zeros(1, device=team.device))  # the others wait here
    return work() if found is None else found


def agreed(team: Team, row: dict[str, float]) -> dict[str, float]:
    """The figures of rank 0, so that all processes decide alike, although each has measured."""
    if team.size == 1:
        return row
    ours = [value if team.rank == 0 else 0.0 for value in row.values()]
    told = team.total(torch.tensor(ours, dtype=torch.float64, device=team.device))
    return dict(zip(row, told.tolist(), strict=True))


def usable(name: str = "") -> torch.device:
    """Return the device of that name, or a GPU if there is one; raise `TrainingError` when it cannot be used."""
    if not name:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            f"device {name!r} cannot be used here: {reason} Leave --device out to use what is there."
        ) from error
