"""How surprised a model is by replies it has not learnt."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from nlg.data.batches import Batch
from nlg.interfaces import IGNORED


@torch.inference_mode()
def surprise(model: nn.Module, batches: Sequence[Batch]) -> dict[str, float]:
    """Mean cross-entropy in nats a token (`dev`), and the share of tokens that were the likeliest (`accuracy`).

    `opening` is that share of first tokens, where the model decides what to say.
    """
    model.eval()
    device = next(model.parameters(), torch.empty(0)).device
    total, right, tokens, openings, rows = 0.0, 0, 0, 0, 0
    for batch in (held.to(device) for held in batches):
        logits = model(batch.contexts, batch.lengths, batch.inputs).flatten(0, 1)  # (B * T, V)
        targets = batch.targets.flatten()
        total += float(functional.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum"))
        right += int((logits.argmax(dim=-1) == targets).sum())
        tokens += int((targets != IGNORED).sum())
        openings += int((logits.argmax(dim=-1).view_as(batch.targets)[:, 0] == batch.targets[:, 0]).sum())
        rows += len(batch.targets)
    return {"dev": total / tokens, "accuracy": right / tokens, "opening": openings / rows}
