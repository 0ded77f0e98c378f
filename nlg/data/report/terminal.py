"""Shows a report in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from nlg.contract import Role
from nlg.data.report.figures import Table, overview, tables
from nlg.data.report.survey import Survey
from nlg.data.showing import shown

STYLES = {Role.USER: "cyan", Role.ASSISTANT: "green"}


def show(surveys: Sequence[Survey], console: Console) -> None:
    """Print the tables and examples of all files. Nothing in a text is taken for markup."""
    console.print(_drawn(overview(surveys)))
    for survey in surveys:
        console.rule(Text(shown(survey.name)))
        for table in tables(survey):
            console.print(_drawn(table))
        _show_examples(survey, console)


def _drawn(table: Table) -> Drawn:
    drawn = Drawn(title=Text(table.title), title_justify="left", title_style="bold")
    for at, column in enumerate(table.columns):
        drawn.add_column(Text(column), justify="right" if at else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(one) for one in row))
    return drawn


def _show_examples(survey: Survey, console: Console) -> None:
    if survey.examples:
        console.print(Text("Examples, drawn by chance, without personal data", style="bold"))
    for lines in survey.examples:
        for line in lines:
            console.print(Text(f"  {line.role}: ", style=STYLES[line.role]).append(line.text, style="default"))
        console.print()
