"""Draws an explanation: a heat map of where the model looked, and a strip of odds under it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlg import fonts
from nlg.explaining.explanation import SUMMED_UP, Explanation, Layer, Row, Step
from nlg.explaining.labels import label, of_step, percent, visible
from nlg.explaining.shown import Shown

CELL = 0.27
"""Inches."""
OWN = "(its own words)"
NO_FONT = (
    "No font of this machine has some of the signs (Noto Sans CJK has the Chinese ones):\n"
    "#3 is number 3 of the context or of the steps in the JSON, counted from 0, and ? any other token."
)
STRIP = ("odds", "bits")
LIGHT = 0.6
"""Figures on a darker ground are white."""


def picture(told: Explanation) -> bytes:
    """A PNG. Of a very long reply the beginning is drawn, of a long context what was looked at most; it says so."""
    with fonts.in_use():
        out = io.BytesIO()
        figure(Shown.of(told)).savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def figure(shown: Shown) -> Figure:
    """The picture before it is painted; `fonts.in_use` has to be entered."""
    looked = len(shown.places) + 1 if shown.told.layers else 0
    size = (CELL * max(24, len(shown.steps)) + 2.8, CELL * (looked + len(STRIP)) + 4.2)
    made = Figure(figsize=size, dpi=100, layout="constrained")
    if looked:
        above, below = made.subplots(2, 1, height_ratios=[looked, len(STRIP)])
        _looks(made, above, shown)
        _name_steps(above, shown)
    else:
        below = made.subplots()
        _name_steps(below.twiny(), shown)
    _odds(below, shown)
    made.suptitle(_title(shown), fontsize=10, parse_math=False)
    made.supxlabel("\n".join(_notes(shown)), fontsize=8, parse_math=False)
    return made


def _looks(whole: Figure, axes: Axes, shown: Shown) -> None:
    """Context downwards, reply to the right; a last line for its own words if it looked at them."""
    blank = Row((0.0,) * len(shown.told.context), 0.0)
    rows = [step.attention or blank for step in shown.steps]
    pieces = [(place, shown.told.context[place]) for place in shown.places]
    names = [shown.name(label(piece.text, piece.mark), f"#{place}") for place, piece in pieces]
    grid = [[row.context[place] for row in rows] for place in shown.places]
    if any(row.reply for row in rows):
        names, grid = [*names, OWN], [*grid, [row.reply for row in rows]]
    image = axes.imshow(np.array(grid), cmap="Blues", aspect="auto", vmin=0.0, vmax=max(map(max, grid)) or 1.0)
    axes.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    whole.colorbar(image, ax=axes, fraction=0.02, pad=0.01, label="share of the attention")


def _name_steps(axes: Axes, shown: Shown) -> None:
    """The tokens of the reply along the upper edge."""
    axes.set_xlim(-0.5, len(shown.steps) - 0.5)
    axes.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    names = [shown.name(of_step(step), f"#{number}") for number, step in enumerate(shown.steps)]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8, parse_math=False)


def _odds(axes: Axes, shown: Shown) -> None:
    """How likely each token was, how open the choice, and what else was likeliest."""
    odds = [step.odds for step in shown.steps]
    axes.imshow(np.array([odds, [0.0] * len(odds)]), cmap="Greens", aspect="auto", vmin=0.0, vmax=1.0)
    for column, step in enumerate(shown.steps):
        colour = "white" if step.odds > LIGHT else "black"
        axes.text(column, 0, percent(step.odds), ha="center", va="center", fontsize=6, color=colour)
        axes.text(column, 1, f"{step.entropy_bits:.1f}", ha="center", va="center", fontsize=6)
    axes.set_yticks(range(len(STRIP)), STRIP, fontsize=8)
    others = [_other(shown, step) for step in shown.steps]
    axes.set_xticks(range(len(others)), others, rotation=90, fontsize=7, parse_math=False)
    axes.set_xlabel("the likeliest other token", fontsize=8)


def _other(shown: Shown, step: Step) -> str:
    if not step.alternatives:
        return ""
    other = step.alternatives[0]
    return f"{shown.name(label(other.text, other.mark), '?')} {percent(other.odds)}"


def _title(shown: Shown) -> str:
    told = shown.told
    title = f"What {told.model} ({told.family}) looked at, and how sure it was"
    if told.topic is None:
        return title
    others = ", ".join(f"{visible(one.text)} {percent(one.odds)}" for one in told.topic.others[:2])
    line = f"topic: {visible(told.topic.name)} {percent(told.topic.odds)}; else {others}"
    return f"{title}\n{''.join('?' if sign in shown.unknown else sign for sign in line)}"


def _notes(shown: Shown) -> Iterator[str]:
    told = shown.told
    yield "bits: how open the choice was; 0 is certain, 1 a toss between two, 10 between a thousand"
    if told.layers:
        yield _attention(told.layers)
        if len(shown.places) < len(told.context):
            yield f"{len(shown.places)} of {len(told.context)} pieces of the context: those it looked at most"
    if len(shown.steps) < len(told.steps):
        yield f"the first {len(shown.steps)} of {len(told.steps)} tokens"
    yield from told.notes
    if shown.unknown:
        yield NO_FONT


def _attention(layers: Sequence[Layer]) -> str:
    heads = sum(layer.heads for layer in layers)
    return "attention: one head" if heads == 1 else f"attention: {len(layers)} layers, {heads} heads; {SUMMED_UP}"
