"""What a search has tried, in one JSON file: all it takes to go on with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from nlg.errors import TrainingError
from nlg.training.disk import put

Value = str | int | float | bool
Outcome = Literal["running", "done", "pruned", "failed"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial: what was drawn, and the dev loss after each epoch. `why` it failed, if it did."""

    number: int
    values: dict[str, Value]
    outcome: Outcome = "running"
    losses: list[float] = field(default_factory=list)
    why: str = ""
    seconds: float = 0.0

    @property
    def best(self) -> float:
        """The lowest dev loss; infinite before there is one."""
        return min(self.losses, default=float("inf"))

    def ended(self, outcome: Outcome, losses: Sequence[float], seconds: float, why: str = "") -> Tried:
        return replace(self, outcome=outcome, losses=list(losses), seconds=round(seconds, 1), why=why)


def best(trials: Sequence[Tried]) -> Tried | None:
    """The trial that came to its end with the lowest dev loss, if there is one."""
    return min((tried for tried in trials if tried.outcome == "done"), key=lambda tried: tried.best, default=None)


def save(path: Path, trials: Sequence[Tried]) -> None:
    """Write all trials; raise `TrainingError` when the disk is full."""
    put(path, (json.dumps({"trials": [asdict(tried) for tried in trials]}, indent=1) + "\n").encode())


def load(path: Path) -> list[Tried]:
    """Read what `save` wrote; none if nothing was. Raises `TrainingError` when the file is something else."""
    if not path.exists():
        return []
    try:
        return [Tried(**told) for told in json.loads(path.read_text(encoding="utf-8"))["trials"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is no history of a search: {error!r}. Search into a new folder.") from error
