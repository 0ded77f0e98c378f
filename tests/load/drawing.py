"""The pictures of docs/load.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

AXES = {
    "steady": ("seconds of 100 webhooks a second", "ms until a webhook is answered"),
    "conversations": ("conversations going on", "ms from commit to receipt of the reply"),
    "length": ("turns of the conversation", "ms from commit to receipt of the reply"),
    "size": ("turns in the database", "ms"),
}


def draw(curves: Mapping[str, Any], folder: Path) -> None:
    """Write `load-<name>.png` for each set of curves."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - takes a second

    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in curves.items():
        figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
        for label, (xs, ys) in _lines(drawn).items():
            axes.plot(xs, ys, marker="." if name == "steady" else "o", label=label)
        across, up = AXES[name]
        axes.set(xlabel=across, ylabel=up, xscale="linear" if name == "steady" else "log", yscale="log")
        axes.grid(alpha=0.3)
        axes.legend()
        figure.savefig(folder / f"load-{name}.png", dpi=110)
        plt.close(figure)


def _lines(drawn: Mapping[str, Any]) -> dict[str, tuple[list[float], list[float]]]:
    """Each curve has its own `at` and `ms`, or all share one `at`."""
    if "at" in drawn:
        return {label: (drawn["at"], ys) for label, ys in drawn.items() if label != "at"}
    return {label: (curve["at"], curve["ms"]) for label, curve in drawn.items()}
