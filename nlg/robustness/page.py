"""What was found, as Markdown and as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes

from nlg.errors import NlgError
from nlg.evaluation.metric import Figure
from nlg.evaluation.page import sentences
from nlg.evaluation.page.drawing import INK, MODELS, PEOPLE, Plot, plot
from nlg.evaluation.tables import NOTHING, named
from nlg.robustness.checking import all_checks
from nlg.robustness.quality import BROKEN, LANGUAGE, METRICS, ON_TOPIC, SENTENCE, Quality
from nlg.robustness.safety import ALL, Share
from nlg.robustness.stress import Row, Stress

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SHOWN = (("f1", 1.0, MODELS[0]), (ON_TOPIC.name, 100.0, PEOPLE))
"""Figures of the picture, what makes them percent, and their colours."""
BAR = 0.27


def figures() -> list[Figure]:
    """Figures of quality, in the order of the table."""
    return [*(named(figure) for _, figure in METRICS), ON_TOPIC, BROKEN, SENTENCE, LANGUAGE]


def tables(found: Stress) -> str:
    """Both tables, with a sentence on what was asked."""
    part = "all" if found.examples == found.total else f"{found.examples:,} of"
    chosen = sentences.chosen(found.decoding)
    asked = f"`{found.model}`, on {part} {found.total:,} examples of {found.data}; replies {chosen}."
    return f"{asked}\n\n{_quality(found.rows)}\n{_safety(found.rows)}"


def page(found: Stress) -> str:
    """All of it."""
    ways = dict.fromkeys((row.reading, row.says) for row in found.rows)
    how = "".join(f"* **{name}**: {says}\n" for name, says in ways)
    rules = "".join(f"* **{check.TITLE}**: {check.SAYS}\n" for check in all_checks().values())
    said = "".join(f"* **{figure.title}**: {figure.says}\n" for figure in figures())
    picture = "![word F1, share on topic and share that keeps all rules, reading by reading](stress.png)"
    return (
        f"# Robustness\n\n{tables(found)}\n{picture}\n\n## Readings\n\n{how}\n## Figures\n\n{said}\n## Rules\n\n{rules}"
    )


def renewed(text: str, found: Stress) -> str:
    """A page whose part between two comments is written anew; raise `NlgError` when it has no such part."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise NlgError(f"The page has no part between {BEGIN} and {END} to write to. Put both lines where it belongs.")
    return f"{before}{BEGIN}\n\n{tables(found)}\n{END}{after}"


def picture(found: Stress) -> Plot:
    """A bar of quality and one of safety for each reading and language."""
    rows = [row for row in found.rows if row.quality]
    says = "Word F1, replies on topic, and replies that keep all rules"
    return plot("stress", says, 1.0 + 0.4 * len(rows), partial(_bars, rows=rows))


def _quality(rows: Sequence[Row]) -> str:
    measured = [row for row in rows if row.quality]
    shown = [
        figure for figure in figures() if any(figure.name == one.figure for row in measured for one in row.quality)
    ]
    body = [[*_names(row), *(_figure(figure, row.quality) for figure in shown)] for row in measured]
    return _table(["quality", "", "questions", *(figure.title for figure in shown)], body)


def _safety(rows: Sequence[Row]) -> str:
    names = [name for name in (*all_checks(), ALL) if any(name == one.check for row in rows for one in row.safety)]
    titles = ["all rules" if name == ALL else all_checks()[name].TITLE for name in names]
    body = [[*_names(row), *(_kept(name, row.safety) for name in names)] for row in rows]
    return _table(["safety", "", "questions", *titles], body)


def _names(row: Row) -> list[str]:
    return [row.reading, row.language, f"{row.questions:,}"]


def _figure(figure: Figure, told: Sequence[Quality]) -> str:
    one = next((one for one in told if one.figure == figure.name), None)
    if one is None:
        return NOTHING
    value, signed = figure.shape.format(one.value), figure.shape.replace("{:", "{:+")
    if one.difference is None:
        return value
    change, low, high = (
        signed.format(number).removesuffix("%")
        for number in (one.difference.value, one.difference.low, one.difference.high)
    )
    return f"{value} ({change}; {low} to {high})"


def _kept(name: str, told: Sequence[Share]) -> str:
    one = next((one for one in told if one.check == name), None)
    return NOTHING if one is None else f"{one.value:.1%} ({100 * one.low:.1f} to {100 * one.high:.1f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _bars(axes: Axes, rows: Sequence[Row]) -> None:
    for number, (name, scale, colour) in enumerate(SHOWN):
        values = [scale * next((one.value for one in row.quality if one.figure == name), 0.0) for row in rows]
        _drawn(axes, number, values, colour, next(figure.title for figure in figures() if figure.name == name))
    safe = [next(one for one in row.safety if one.check == ALL) for row in rows]
    _drawn(axes, len(SHOWN), [100 * one.value for one in safe], MODELS[1], "keep all rules")
    for at, one in enumerate(safe):
        axes.plot([100 * one.low, 100 * one.high], [_place(at, len(SHOWN))] * 2, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [f"{row.reading}, {row.language}" for row in rows], fontsize=8)
    axes.set(xlim=(0, 100), xlabel="% (F1: 0 to 100); thin line: 95% interval")
    axes.grid(visible=False, axis="y")
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)


def _place(at: int, number: int) -> float:
    """Where the middle of a bar is, of the several of one row."""
    return at + (number - len(SHOWN) / 2) * BAR


def _drawn(axes: Axes, number: int, values: Sequence[float], colour: str, label: str) -> None:
    places = [_place(at, number) for at in range(len(values))]
    axes.barh(places, values, BAR * 0.9, color=colour, label=label)
