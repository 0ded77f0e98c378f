"""Which versions of exported data sets a model learnt from, so that it can be told when somebody in them is erased."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

LEARNT = "datasets.json"
"""Lies with a checkpoint: a list of names, such as `preferences-3-1f0a5c2b9d4e`."""


def learnt(files: Sequence[Path], earlier: Path | None = None) -> bytes:
    """Return what `LEARNT` says of a model that learns from these files, and goes on from an earlier checkpoint."""
    found = {name for file in files if file.suffix == ".jsonl" for name in _named(file)}
    if earlier is not None and (earlier / LEARNT).is_file():
        found.update(json.loads((earlier / LEARNT).read_text("utf-8")))
    return (json.dumps(sorted(found), indent=1) + "\n").encode()


def _named(file: Path) -> Iterator[str]:
    """Yield what the rows say they are of; other files than exports say nothing."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line) if line.strip() else {}
            if isinstance(row, dict) and isinstance(row.get("dataset"), str):
                yield row["dataset"]
