"""Pictures whose colours are names: a page gives them its own, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlg import fonts

INK, LINE = "#1f2429", "#d8d4cd"
MODELS = ("#0f766f", "#b45310")
PEOPLE = "#8a9199"
VARIABLES = {
    INK: "var(--ink)",
    LINE: "var(--line)",
    MODELS[0]: "var(--this)",
    MODELS[1]: "var(--other)",
    PEOPLE: "var(--people)",
}
WIDTH = 4.2
"""Inches: as wide as a telephone, so that letters keep their size there."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture, with its name and what it shows in words."""

    name: str
    says: str
    figure: Figure

    def png(self) -> bytes:
        """For pages that show files."""
        with style():
            out = io.BytesIO()
            self.figure.savefig(out, format="png", dpi=130, facecolor="white", metadata={"Software": None})
        return out.getvalue()

    def svg(self) -> str:
        """For pages in HTML: without a size, with the page's colours, and with identifiers of its own."""
        with style():
            out = io.StringIO()
            self.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = out.getvalue()
        text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
        text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
        text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{self.name}-", text)
        return re.sub("|".join(VARIABLES), lambda found: VARIABLES[found[0]], text)


def plot(name: str, says: str, height: float, draw: Callable[[Axes], None]) -> Plot:
    """Let `draw` draw into a picture of that height in inches."""
    with style():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
    return Plot(name, says, figure)


@contextmanager
def style() -> Iterator[None]:
    """Plain, with letters that a page can set in its own font."""
    colours = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    style: dict[Any, Any] = {
        **dict.fromkeys(colours, INK),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), LINE),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
        "axes.grid": True,
        "axes.axisbelow": True,
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": "palaver",
    }
    with fonts.in_use(), rc_context(style):
        yield
