"""Deliveries of platforms with what a good bot does with them: our own samples, and any folder with a manifest.

`PALAVER_TEST_PAYLOADS` names a folder with `telegram/manifest.json` and `slack/manifest.json`; these are tried, too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = os.environ.get("PALAVER_TEST_PAYLOADS", "")
SILENT = frozenset({"ignore", "ack_only", "store_only"})
"""Outcomes in which nothing is said."""


@dataclass(frozen=True)
class Sample:
    """One delivery. `outcomes` are the right ones; `more` is what else the manifest says of it."""

    name: str
    body: dict[str, Any]
    outcomes: frozenset[str]
    more: dict[str, Any] = field(default_factory=dict)

    def check(self, answers: int) -> None:
        """Raise `AssertionError` unless so many answers are right."""
        right = {0} if self.outcomes <= SILENT else {1} if self.outcomes == {"answer"} else {0, 1}
        assert answers in right, f"{self.name}: {answers} answers, right are {sorted(self.outcomes)}"


def from_folder(platform: str) -> list[Sample]:
    """Return what the folder holds for a platform, nothing where none is named."""
    if not FOLDER:
        return []
    place = Path(FOLDER) / platform
    return [_read(place, entry) for entry in json.loads((place / "manifest.json").read_text("utf-8"))["files"]]


def _read(place: Path, entry: dict[str, Any]) -> Sample:
    outcomes = frozenset(entry.get("allowed_outcomes") or [entry["expected"]])
    return Sample(entry["file"], json.loads((place / entry["file"]).read_text("utf-8")), outcomes, entry)
