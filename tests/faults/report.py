"""What was expected and what was found: a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from tests.faults.judge import Findings

RECOVERY_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    expected: str
    value: str
    met: bool

    def of(self, trial: str) -> Row:
        """Return the row with the name of its trial before its own."""
        return replace(self, name=f"{trial}: {self.name}")


def rows(findings: Findings, duplicates: int | None = None, seconds: float = RECOVERY_SECONDS) -> list[Row]:
    """Return the rows that every case shares. `duplicates`: how many are allowed; with `None` each must be flagged.

    `seconds`: how long a recovery may take.
    """
    in_time = max(findings.recoveries, default=0.0) <= seconds
    doubled, unflagged = len(findings.duplicates), len(findings.unflagged)
    return [
        _none("not taken from the platform", findings.pending),
        _none(f"lost of {findings.written}", len(findings.lost)),
        _none("out of order", len(findings.disorder)),
        _none("stored twice", len(findings.twice_stored)),
        _none("open at the end", len(findings.open)),
        _none("duplicates without a flag", unflagged),
        Row("duplicates", *_duplicates(doubled, unflagged, duplicates)),
        Row("recovery after a fault, p50 / p99 / max", f"max <= {seconds:.0f} s", spread(findings.recoveries), in_time),
        Row("wait for an answer p50 / p99 / max", "reported", spread(findings.waits), True),
        Row("answered by the model", "reported", str(findings.by_model), True),
    ]


def _none(name: str, count: int) -> Row:
    return Row(name, "0", str(count), count == 0)


def _duplicates(found: int, unflagged: int, allowed: int | None) -> tuple[str, str, bool]:
    if allowed is None:
        return "each flagged", str(found), unflagged == 0
    return f"<= {allowed}" if allowed else "0", str(found), found <= allowed


def spread(seconds: Sequence[float]) -> str:
    """Return median, 99th percentile and maximum in words."""
    if len(seconds) < 2:
        return " / ".join(f"{value:.2f} s" for value in seconds) or "none"
    cuts = quantiles(seconds, n=100, method="inclusive")
    return f"{cuts[49]:.2f} / {cuts[98]:.2f} / {max(seconds):.2f} s (n={len(seconds)})"


def show(report: Sequence[Row], title: str) -> None:
    table = Table(title=title)
    for heading in ("what", "expected", "found", "met"):
        table.add_column(heading)
    for row in report:
        table.add_row(
            row.name, row.expected, row.value, "yes" if row.met else "NO", style="" if row.met else "bold red"
        )
    Console(width=120).print(table)


def save(report: Sequence[Row], path: Path) -> None:
    """Write the rows; rows of the same name from earlier runs are replaced, others stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = json.loads(path.read_text("utf-8")) if path.exists() else []
    fresh = {row.name for row in report}
    kept = [row for row in earlier if row["name"] not in fresh]
    path.write_text(json.dumps([*kept, *(asdict(row) for row in report)], indent=1, ensure_ascii=False) + "\n", "utf-8")
