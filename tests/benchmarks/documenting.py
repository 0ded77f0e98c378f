"""Puts figures where a document shows them: between `<!-- measured: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.machine import machine
from tests.benchmarks.measures import Measurement
from tests.benchmarks.report import markdown_table

DOCS = Path(__file__).parents[2] / "docs"


def document(name: str, measured: Measurement, docs: Path = DOCS) -> list[Path]:
    """Replace the figures of this name in every document that shows them, and return those documents."""
    place = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    said = "\n".join((*_heading(measured), *markdown_table(measured.figures), ""))
    changed = []
    for path in sorted(docs.glob("*.md")):
        before = path.read_text("utf-8")
        after = place.sub(lambda found: f"{found[1]}{said}{found[2]}", before)
        if after != before:
            path.write_text(after, "utf-8")
            changed.append(path)
    return changed


def _heading(measured: Measurement) -> list[str]:
    here, now = machine(), datetime.now(UTC)
    where = f"on {here['processor']}, load before: {here['load before']}"
    return [f"{measured.title}. Measured on {now.day} {now:%B %Y} {where}.", ""]
