"""The figures of a report as plain cells: all pages show the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlg.evaluation.comparing import Comparison, Estimate
from nlg.evaluation.metric import Figure
from nlg.evaluation.report import Group, Report
from nlg.evaluation.scoring import all_metrics

GENERAL = (
    Figure(
        "perplexity_token", "perplexity a token", "Surprise at people's replies; compare with one tokenizer.", "{:.2f}"
    ),
    Figure("perplexity_byte", "perplexity a byte", "The same for any tokenizer; 1 is no surprise.", "{:.3f}"),
    Figure("token_accuracy", "token accuracy", "Tokens of people's replies that were the likeliest.", "{:.1%}"),
    Figure("on_topic", "on topic", "Replies whose nearest known reply was given to the same topic.", "{:.1%}"),
)
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, and for each group the values of all models."""

    figure: Figure
    cells: Sequence[Sequence[str]]


def title(language: str, turns: str) -> str:
    """What a group is called."""
    return f"{language or 'any'}, {turns}"


def rows(reports: Sequence[Report]) -> list[Row]:
    """The figures of models that were asked the same. What was measured nowhere is left out."""
    columns = list(zip(*(report.groups for report in reports), strict=True))
    made = (Row(figure, [[_cell(figure, group) for group in column] for column in columns]) for figure in figures())
    return [row for row in made if any(cell != NOTHING for column in row.cells for cell in column)]


def figures() -> list[Figure]:
    """All figures, in the order in which they are shown."""
    return [*GENERAL, *(figure for metric in all_metrics().values() for figure in metric.FIGURES)]


def named(figure: str) -> Figure:
    """The figure of that name."""
    return next(one for one in figures() if one.name == figure)


def value(figure: Figure, group: Group) -> float | None:
    """The value of a figure in a group; None where there was nothing to measure."""
    known: float | None = getattr(group, figure.name) if figure in GENERAL else group.scores[figure.name]
    return known


def between(estimate: Estimate, sign: str = "") -> str:
    """A value and the interval it lies in; `sign` is `+` for differences."""
    shape = f"{{:{sign}.1f}}"
    return f"{shape.format(estimate.value)} ({shape.format(estimate.low)} to {shape.format(estimate.high)})"


def compared(comparison: Iterable[Comparison]) -> list[Sequence[str]]:
    """A row a comparison: group, figure, difference, p, this, other."""
    return [
        (
            title(one.language, one.turns),
            named(one.figure).title,
            between(one.difference, "+"),
            f"{one.p:.3f}",
            between(one.this),
            between(one.other),
        )
        for one in comparison
    ]


def _cell(figure: Figure, group: Group) -> str:
    found = value(figure, group)
    return NOTHING if found is None else figure.shape.format(found)
