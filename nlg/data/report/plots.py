"""Draws a survey: turns, lengths, languages and topics on one picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nlg.contract import Role
from nlg.data.report.lengths import Lengths
from nlg.data.report.survey import Survey
from nlg.data.showing import shown

LATIN = "DejaVu Sans"  # comes with matplotlib
CHINESE = (
    *(f"Noto Sans CJK {region}" for region in ("SC", "TC", "HK", "JP", "KR")),
    *(
        "Noto Sans SC",
        "PingFang SC",
        "Microsoft YaHei",
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "Noto Serif CJK SC",
    ),
)
"""Fonts with Chinese signs, best first. Which region a collection is listed under differs from machine to machine."""
CHINESE_FILES = ("NotoSansCJK-Regular", "NotoSansSC", "PingFang", "msyh", "wqy-")
COLOURS = {str(Role.USER): "tab:blue", str(Role.ASSISTANT): "tab:green"}
TOPICS = 15
BINS = 30
SHOWN_SHARE = 0.99
"""The longest hundredth is left out of the picture, as it would squeeze the rest; the axis says so."""


def picture(survey: Survey) -> bytes:
    """A PNG of one file."""
    with _fonts():
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


@contextmanager
def _fonts() -> Iterator[None]:
    """Fonts that this machine has, Chinese ones too; a sign that none of them has is drawn as a box, without a fuss."""
    with rc_context({"font.family": families(_names() or _found_anew())}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def families(names: Collection[str]) -> list[str]:
    """The fonts that a picture asks for a sign, in this order, of those that a machine has."""
    return [LATIN, *(name for name in CHINESE if name in names)]


def _names() -> set[str]:
    return {font.name for font in font_manager.fontManager.ttflist} & set(CHINESE)


def _found_anew() -> set[str]:
    """Look for fonts that were installed after matplotlib had made its list."""
    for path in font_manager.findSystemFonts():
        if Path(path).name.startswith(CHINESE_FILES):
            font_manager.fontManager.addfont(path)
    return _names()


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
