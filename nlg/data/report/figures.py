"""The tables of a report as plain cells: the terminal and the page show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlg.data.report.lengths import Lengths
from nlg.data.report.survey import UNKNOWN, Side, Survey
from nlg.data.showing import shown

TOPICS = 15


@dataclass(frozen=True, slots=True)
class Table:
    """A title, names of columns (all but the first hold numbers) and rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def overview(surveys: Sequence[Survey]) -> Table:
    """One row a file."""
    columns = ("file", "rows", "turns", "characters", "tokens", "topics", "repeated", "suspect")
    return Table("Files", columns, [_summary(survey) for survey in surveys])


def tables(survey: Survey) -> Iterator[Table]:
    """The tables of one file."""
    yield _lengths(survey)
    languages = [(label, seen, *_share(times, survey.rows)) for (label, seen), times in survey.labels.most_common()]
    yield Table("Languages", ("label", "the replies look", "rows", "share"), languages)
    if set(survey.topics) != {UNKNOWN}:
        yield _topics(survey)
    if survey.reasons:
        rows = [(reason, *_share(times, survey.rows)) for reason, times in survey.reasons.most_common()]
        yield Table("What cleaning would leave out", ("reason", "rows", "share"), rows)


def _summary(survey: Survey) -> Sequence[str]:
    sides = survey.sides.values()
    tokens = sum(side.tokens.total for side in sides)
    numbers = (survey.rows, survey.turns.total, sum(side.characters.total for side in sides))
    rest = (len(survey.topics.keys() - {UNKNOWN}), survey.reasons["duplicate"], survey.suspect)
    return (shown(survey.name), *_numbers(numbers), f"{tokens:,}" if tokens else "-", *_numbers(rest))


def _lengths(survey: Survey) -> Table:
    columns = ("length", "mean", "5%", "25%", "half", "75%", "95%", "99%", "longest")
    rows = [_length("turns of a dialogue", survey.turns)]
    for role, side in survey.sides.items():
        rows += _side(role, side)
    return Table("Lengths", columns, rows)


def _side(name: str, side: Side) -> Iterator[Sequence[str]]:
    for unit, lengths in (("characters", side.characters), ("tokens", side.tokens)):
        if lengths.counts:
            yield _length(f"{name}, {unit}", lengths)


def _length(name: str, lengths: Lengths) -> Sequence[str]:
    quantiles = [lengths.quantile(share) for share in (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)]
    return (name, f"{lengths.mean:,.1f}", *_numbers(quantiles))


def _topics(survey: Survey) -> Table:
    rows = [(shown(topic, 60), *_share(times, survey.rows)) for topic, times in survey.topics.most_common(TOPICS)]
    rest = survey.topics.total() - sum(times for _, times in survey.topics.most_common(TOPICS))
    if rest:
        rows.append((f"{len(survey.topics) - TOPICS} more", *_share(rest, survey.rows)))
    return Table("Topics", ("topic", "rows", "share"), rows)


def _numbers(values: Sequence[int]) -> list[str]:
    return [f"{value:,}" for value in values]


def _share(times: int, rows: int) -> tuple[str, str]:
    return f"{times:,}", f"{times / max(1, rows):.1%}"
