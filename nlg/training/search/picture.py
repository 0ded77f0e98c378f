"""Draws how a search went."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nlg.training.search.history import Tried

COLUMNS = 3
COLOURS = {"done": "tab:blue", "pruned": "tab:gray"}


def picture(trials: Sequence[Tried]) -> bytes:
    """A PNG: the best loss so far, the losses of all trials epoch by epoch, and the loss over each value."""
    shown = [tried for tried in trials if tried.losses]
    names = list(shown[0].values) if shown else []
    height = math.ceil((2 + len(names)) / COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3 * height), dpi=90, layout="constrained")
    panels = list(figure.subplots(height, COLUMNS, squeeze=False).flat)
    _draw_best(panels[0], shown)
    _draw_epochs(panels[1], shown)
    for panel, name in zip(panels[2:], names, strict=False):
        _draw_values(panel, shown, name)
    for panel in panels[2 + len(names) :]:
        panel.axis("off")
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_best(panel: Axes, shown: Sequence[Tried]) -> None:
    panel.set(title="trials", xlabel="trial", ylabel="dev loss")
    done = [tried for tried in shown if tried.outcome == "done"]
    panel.step([tried.number for tried in done], list(accumulate((tried.best for tried in done), min)), where="post")
    _scatter(panel, shown, [tried.number for tried in shown])
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_epochs(panel: Axes, shown: Sequence[Tried]) -> None:
    panel.set(title="epochs (gray: given up)", xlabel="epoch", ylabel="dev loss")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    for tried in shown:
        panel.plot(range(1, len(tried.losses) + 1), tried.losses, color=COLOURS.get(tried.outcome), alpha=0.5)


def _draw_values(panel: Axes, shown: Sequence[Tried], name: str) -> None:
    values = [tried.values[name] for tried in shown]
    panel.set(title=name, ylabel="dev loss")
    numbers = [float(value) for value in values if not isinstance(value, str | bool)]
    if len(numbers) < len(values):
        _scatter(panel, shown, [str(value) for value in values])
        return
    if min(numbers) > 0 and max(numbers) > 8 * min(numbers):
        panel.set_xscale("log")
    _scatter(panel, shown, numbers)


def _scatter(panel: Axes, shown: Sequence[Tried], places: Sequence[float] | Sequence[str]) -> None:
    colours = [COLOURS.get(tried.outcome, "tab:red") for tried in shown]
    panel.scatter(places, [tried.best for tried in shown], c=colours)
