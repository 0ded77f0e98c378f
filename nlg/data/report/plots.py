"""Draws a survey: turns, lengths, languages and topics on one picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nlg import fonts
from nlg.contract import Role
from nlg.data.report.lengths import Lengths
from nlg.data.report.survey import Survey
from nlg.data.showing import shown

COLOURS = {str(Role.USER): "tab:blue", str(Role.ASSISTANT): "tab:green"}
TOPICS = 15
BINS = 30
SHOWN_SHARE = 0.99
"""The longest hundredth is left out of the picture, as it would squeeze the rest; the axis says so."""


def picture(survey: Survey) -> bytes:
    """A PNG of one file."""
    with fonts.in_use():
        figure = Figure(figsize=(11, 7.5), dpi=110, layout="constrained")
        figure.suptitle(f"{shown(survey.name, 80)}: {survey.rows:,} rows", parse_math=False)
        (turns, lengths), (languages, topics) = figure.subplots(2, 2)
        _turns(turns, survey.turns)
        _lengths(lengths, survey)
        _languages(languages, survey)
        _topics(topics, survey)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _turns(axes: Axes, turns: Lengths) -> None:
    _histogram(axes, {"dialogues": turns}, {"dialogues": "tab:gray"})
    axes.set(title="turns of a dialogue", xlabel="turns (shortest 99%)", ylabel="dialogues")


def _lengths(axes: Axes, survey: Survey) -> None:
    counted = any(side.tokens.counts for side in survey.sides.values())
    sides = {role: side.tokens if counted else side.characters for role, side in survey.sides.items()}
    unit = "tokens" if counted else "characters"
    _histogram(axes, {str(role): lengths for role, lengths in sides.items()}, COLOURS)
    axes.set(title=f"{unit} of a text", xlabel=f"{unit} (shortest 99%)", ylabel="texts")
    axes.legend()


def _histogram(axes: Axes, series: Mapping[str, Lengths], colours: Mapping[str, str]) -> None:
    longest = max(lengths.quantile(SHOWN_SHARE) for lengths in series.values())
    width = max(1, -(-(longest + 1) // BINS))
    for name, lengths in series.items():
        bins = [0] * (longest // width + 1)
        for length, times in lengths.counts.items():
            if length <= longest:
                bins[length // width] += times
        places = [at * width - 0.5 for at in range(len(bins))]
        axes.bar(places, bins, width=width, align="edge", alpha=0.6, label=name, color=colours[name])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _languages(axes: Axes, survey: Survey) -> None:
    common = survey.labels.most_common(TOPICS)
    names = [f"label: {shown(label, 20)}, looks: {seen}" for (label, seen), _ in common]
    _bars(axes, names, [times for _, times in common])
    axes.set(title="languages", xlabel="rows")


def _topics(axes: Axes, survey: Survey) -> None:
    common = survey.topics.most_common(TOPICS)
    _bars(axes, [shown(topic, 40) for topic, _ in common], [times for _, times in common])
    more = len(survey.topics) - len(common)
    axes.set(title="topics" + (f" ({more} more)" if more > 0 else ""), xlabel="rows")


def _bars(axes: Axes, names: Sequence[str], values: Sequence[int]) -> None:
    places = range(len(names))
    bars = axes.barh(places, values, color="tab:gray")
    axes.bar_label(bars, labels=[f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(places, names, fontsize=8, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.15)
