"""Where a training run stands, in one file that is replaced at once: after `kill -9` the run goes on from there.

It is a safetensors file, as nothing here is ever pickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as bytes_of
from torch import Tensor, nn
from torch.optim import Optimizer

from nlg.errors import TrainingError
from nlg.training.disk import put


@dataclass(slots=True)
class Progress:
    """How far a run has come. `best` is the lowest dev loss, `waited` the epochs since; `history` one row an epoch.

    `scaler` is how the loss is scaled up for float16.
    """

    step: int = 0
    best: float = float("inf")
    waited: int = 0
    running: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    scaler: dict[str, float] = field(default_factory=dict)


def save(path: Path, model: nn.Module, kept: nn.Module, optimizer: Optimizer, progress: Progress) -> None:
    """Write the state; what was there before stays until this is on the disk. Raises `TrainingError`."""
    tensors = {f"{kind}/{name}": tensor for kind, name, tensor in _tensors(model, kept, optimizer)}
    put(path, bytes_of(tensors, metadata={"progress": json.dumps(asdict(progress))}))


def load(path: Path, model: nn.Module, kept: nn.Module, optimizer: Optimizer) -> Progress:
    """Put everything back where it was; raise `TrainingError` when the file does not fit this run."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            progress = _progress(file.metadata())
        model.load_state_dict(_part(tensors, "model"))
        kept.load_state_dict(_part(tensors, "kept"))
        _restore(optimizer, _part(tensors, "optimizer"))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(f"{path} cannot be resumed from: {error}. Train into a new folder.") from error
    return progress


def history(path: Path) -> list[dict[str, float]]:
    """The rows of the epochs that a run has behind it; none if it never saved a state that can be read."""
    try:
        with safe_open(path, framework="pt") as file:
            return _progress(file.metadata()).history
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return []


def _progress(metadata: Mapping[str, str]) -> Progress:
    """States of older versions say more, or less."""
    told = json.loads(metadata["progress"])
    return Progress(**{entry.name: told[entry.name] for entry in fields(Progress) if entry.name in told})


def _tensors(model: nn.Module, kept: nn.Module, optimizer: Optimizer) -> list[tuple[str, str, Tensor]]:
    moments = optimizer.state_dict()["state"]
    return [
        *(("model", name, tensor) for name, tensor in model.state_dict().items()),
        *(("kept", name, tensor) for name, tensor in kept.state_dict().items()),
        *(("optimizer", f"{at}/{name}", value) for at, values in moments.items() for name, value in values.items()),
    ]


def _part(tensors: Mapping[str, Tensor], kind: str) -> dict[str, Tensor]:
    return {name.removeprefix(f"{kind}/"): value for name, value in tensors.items() if name.startswith(f"{kind}/")}


def _restore(optimizer: Optimizer, flat: Mapping[str, Tensor]) -> None:
    moments: dict[int, dict[str, Any]] = {}
    for name, value in flat.items():
        at, _, moment = name.partition("/")
        moments.setdefault(int(at), {})[moment] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
