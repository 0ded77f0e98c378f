"""Shows an explanation in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nlg.explaining.explanation import Choice, Explanation, Row, Step
from nlg.explaining.labels import label, of_step, percent, visible

SHOWN = 3
LEAST = 0.01
"""What got less of the attention is not worth a word."""


def show(told: Explanation, console: Console) -> None:
    console.print(Text(f"{told.model} ({told.family}): {visible(told.reply)}"))
    if told.topic:
        others = ", ".join(f"{visible(one.text)} {percent(one.odds)}" for one in told.topic.others[:SHOWN])
        console.print(Text(f"Topic: {visible(told.topic.name)} {percent(told.topic.odds)}; else {others}"))
    console.print(_table(told))
    for note in told.notes:
        console.print(Text(note))


def _table(told: Explanation) -> Table:
    table = Table(box=None, header_style="bold")
    names = ["token", "odds", "rank", "entropy", "else", *(["looked at"] if told.layers else [])]
    for name in names:
        table.add_column(name, justify="right" if name in ("odds", "rank", "entropy") else "left")
    pieces = [label(piece.text, piece.mark) for piece in told.context]
    for step in told.steps:
        looked = [Text(_looked(step.attention, pieces))] if told.layers else []
        table.add_row(*_figures(step), *looked)
    return table


def _figures(step: Step) -> list[Text]:
    figures = (f"{step.odds:.1%}", str(step.rank), f"{step.entropy_bits:.1f} bits")
    return [Text(one) for one in (of_step(step), *figures, _choices(step.alternatives[:SHOWN]))]


def _choices(choices: Sequence[Choice]) -> str:
    return ", ".join(f"{label(one.text, one.mark)} {percent(one.odds)}" for one in choices)


def _looked(row: Row | None, pieces: Sequence[str]) -> str:
    if row is None:
        return ""
    shares = [*zip(row.context, pieces, strict=True), (row.reply, "(its own words)")]
    best = sorted(shares, reverse=True)[:SHOWN]
    return ", ".join(f"{name} {share:.0%}" for share, name in best if share >= LEAST)
