"""Figures as a table for people, and as JSON and Markdown in build/reports. All that have a target are listed first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.machine import machine
from tests.benchmarks.measures import Measurement

REPORTS = Path(__file__).parents[2] / "build" / "reports"


def publish(name: str, measured: Measurement) -> None:
    """Show the figures and keep them under `name`; what other benchmarks kept stays."""
    title, figures = measured.title, measured.figures
    _show(title, figures)
    REPORTS.mkdir(parents=True, exist_ok=True)
    path = REPORTS / "bench.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    rows = [row for row in (*figures, *measured.targets) if row.get("target")]
    kept[name] = {"title": title, "machine": machine(), "figures": list(figures), "rows": rows}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (REPORTS / "bench.md").write_text("\n".join(_markdown(kept)), "utf-8")


def _show(title: str, figures: Sequence[dict[str, Any]]) -> None:
    table = Table(*figures[0], title=title)
    for row in figures:
        table.add_row(*map(str, row.values()))
    Console(width=160).print(table)


def _markdown(kept: dict[str, Any]) -> list[str]:
    targets = [row for entry in kept.values() for row in entry.get("rows", [])]
    lines = ["# Measured", "", "## Targets", "", *markdown_table(targets), ""] if targets else ["# Measured", ""]
    for entry in kept.values():
        lines += [f"## {entry['title']}", "", "; ".join(f"{what}: {how}" for what, how in entry["machine"].items()), ""]
        lines += [*markdown_table(entry["figures"]), ""]
    return lines


def markdown_table(figures: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a table."""
    return [_row(figures[0]), _row(["---"] * len(figures[0])), *(_row(row.values()) for row in figures)]


def _row(cells: Any) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
