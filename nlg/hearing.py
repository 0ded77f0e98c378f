"""Runs a model on a batch and hears, beside its odds, what it made of the context and where it looked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import torch
from torch import Tensor, nn

from nlg.data.batches import Batch
from nlg.errors import RecipeError
from nlg.explaining.recorder import Look, Recorder
from nlg.layers.looking import Remembering
from nlg.lessons import Part, Said


def hear(model: nn.Module, batch: Batch, parts: frozenset[Part]) -> Said:
    """Run a `TrainableModel`, or what wraps one, and return its odds with the parts asked for; slopes flow through all.

    `memory` (B, S, M) is what its encoder made of the context, `attention` (B, T, S) the mean of its heads and layers
    over the context. Everything is in float32 at least. Nothing is hooked into the model when no more than odds are
    asked for. Raises `RecipeError` when the family has no such part.
    """
    if "worse" in parts:
        return _apart(hear(model, batch.both, parts - {"worse"}), batch)
    memories: list[Tensor] = []
    recorder = Recorder(model)
    with ExitStack() as listening:
        if "memory" in parts:
            listening.enter_context(_remembering(model).watch_memory(memories.append))
        if "attention" in parts:
            listening.enter_context(recorder)
        logits = model(batch.contexts, batch.lengths, batch.inputs)
    attention = _attention(model, recorder.take(), batch.inputs.shape[1]) if "attention" in parts else None
    return Said(_wide(logits), _wide(memories[-1]) if memories else None, attention)


def _apart(both: Said, batch: Batch) -> Said:
    """What was said of a batch and of what was rejected in it, out of one run over both."""
    if batch.worse is None:
        return both
    rows, tokens = batch.targets.shape
    memory, attention = (part if part is None else part[:rows] for part in (both.memory, both.attention))
    attention = attention if attention is None else attention[:, :tokens]
    return Said(both.logits[:rows, :tokens], memory, attention, both.logits[rows:, : batch.worse.shape[1]])


def check(model: nn.Module, parts: frozenset[Part]) -> None:
    """Raise `RecipeError` when the family of a model has no such part. All have odds."""
    if parts <= {"odds", "worse"}:
        return
    token = torch.ones(1, 1, dtype=torch.long, device=next(model.parameters()).device)
    with torch.no_grad():
        hear(model, Batch(token, token[:, 0], token, token), parts)


def _remembering(model: nn.Module) -> Remembering:
    found = [part for part in model.modules() if isinstance(part, Remembering)]
    if len(found) != 1:
        raise _missing(model, "memory")
    return found[0]


def _attention(model: nn.Module, looks: Sequence[Look], tokens: int) -> Tensor:
    """The mean over heads and layers of the last `tokens` looks: a model may look before the reply begins."""
    layers: dict[str, list[Tensor]] = {}
    for look in looks:
        if look.over == "context":
            layers.setdefault(look.layer, []).append(_wide(look.weights).mean(dim=1))  # (B, some of T, S)
    if not layers:
        raise _missing(model, "attention")
    return torch.stack([torch.cat(steps, dim=1)[:, -tokens:] for steps in layers.values()]).mean(dim=0)


def _missing(model: nn.Module, part: Part) -> RecipeError:
    what = {"memory": "one encoder that reads the context", "attention": "attention over the context alone"}[part]
    return RecipeError(
        f"the family {_family(model)!r} does not have {what}, so its {part!r} cannot be compared. "
        "Take another loss, or a teacher and a student of other families."
    )


def _family(model: nn.Module) -> str:
    """The name of its family: that of the file where its settings are declared."""
    settings = next((part.config for part in model.modules() if hasattr(part, "config")), model)
    return type(settings).__module__.rpartition(".")[2]


def _wide(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
