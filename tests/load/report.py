"""What was wanted and what came of it: JSON for machines, Markdown for people, and the page of the documentation."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "build" / "reports"
PAGE = ROOT / "docs" / "load.md"
BEGIN, END = "<!-- measured -->", "<!-- measured until here -->"


@dataclass(frozen=True, slots=True)
class Row:
    """`met` is `None` where nothing was wanted, only told."""

    name: str
    target: str
    value: str
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a part of the measurement found. `curves` are what is drawn: by the name of the picture."""

    rows: Sequence[Row]
    curves: dict[str, Any] = field(default_factory=dict)


def show(rows: Sequence[Row], title: str) -> None:
    table = Table("what", "wanted", "found", "met", title=title)
    for row in rows:
        table.add_row(*_cells(row), style="bold red" if row.met is False else "")
    Console(width=140).print(table)


def save(rows: Sequence[Row], about: str, path: Path = REPORTS / "load.json") -> None:
    """Write the rows as JSON, and beside it as Markdown under a line that says what they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n", "utf-8")
    path.with_suffix(".md").write_text(markdown(rows, about), "utf-8")


def put_on_page(rows: Sequence[Row], about: str, pictures: Iterable[str] = (), page: Path = PAGE) -> None:
    """Put the table and the pictures where the page of the documentation has the last ones."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    shown = "".join(f"![{name}](images/load-{name}.png)\n" for name in pictures)
    page.write_text(f"{before}{BEGIN}\n\n{markdown(rows, about)}\n{shown}\n{END}{after}", "utf-8")


def markdown(rows: Sequence[Row], about: str) -> str:
    lines = [" | ".join(_cells(row)) for row in rows]
    return (
        "\n".join([about, "", "| what | wanted | found | met |", "|---|---|---|---|", *(f"| {one} |" for one in lines)])
        + "\n"
    )


def today() -> str:
    return time.strftime("%-d %B %Y", time.gmtime())


def _cells(row: Row) -> tuple[str, str, str, str]:
    return row.name, row.target, row.value, {None: "", True: "yes", False: "NO"}[row.met]
