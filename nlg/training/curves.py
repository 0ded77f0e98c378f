"""Draws how a run went."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.figure import Figure


def picture(history: Sequence[dict[str, float]]) -> bytes:
    """A PNG of loss and accuracy, epoch by epoch."""
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(7, 3), dpi=90, layout="constrained")
    losses, share = figure.subplots(1, 2)
    for name in ("train", "dev"):
        losses.plot(epochs, [row[name] for row in history], label=name)
    losses.set(xlabel="epoch", ylabel="nats a token", title="loss")
    losses.legend()
    share.plot(epochs, [row["accuracy"] for row in history], color="tab:green")
    share.set(xlabel="epoch", ylabel="share of dev tokens", title="accuracy")
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
