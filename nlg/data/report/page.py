"""A report as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nlg.data.report.figures import Table, overview, tables
from nlg.data.report.survey import Survey
from nlg.data.showing import cell, shown


def page(surveys: Sequence[Survey], plots: Sequence[str]) -> str:
    """All files on one page. `plots` are the names of their pictures."""
    parts = ["# Data report\n", _markdown(overview(surveys))]
    for survey, plot in zip(surveys, plots, strict=True):
        parts += _about(survey, plot)
    return "\n".join(parts)


def _about(survey: Survey, plot: str) -> Iterator[str]:
    name = cell(shown(survey.name))
    yield f"## {name}\n\n![Lengths, languages and topics of {name}]({plot})\n"
    for table in tables(survey):
        yield f"### {table.title}\n\n{_markdown(table)}"
    if survey.examples:
        yield "### Examples, drawn by chance, without personal data\n"
    for number, lines in enumerate(survey.examples, start=1):
        yield "\n".join([f"{number}.", *(f"   * *{line.role}*: {cell(line.text)}" for line in lines), ""])


def _markdown(table: Table) -> str:
    head = f"| {' | '.join(table.columns)} |\n|---|{'---:|' * (len(table.columns) - 1)}\n"
    return head + "".join(f"| {' | '.join(map(cell, row))} |\n" for row in table.rows)
