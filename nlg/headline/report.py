"""Writes what a journey found: `headline.json` for programs, `headline.md` and pictures for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from nlg.errors import TrainingError
from nlg.evaluation.comparing import RESAMPLES, SHARE
from nlg.evaluation.page.drawing import Plot
from nlg.headline import found as finding
from nlg.headline import plots, tables
from nlg.headline.found import Found
from nlg.headline.preset import Preset
from nlg.headline.resampling import SEED
from nlg.headline.targets import Target, targets
from nlg.training.disk import put

JSON, PAGE = "headline.json", "headline.md"
Part: TypeAlias = tuple[Found, Sequence[Target], Sequence[Plot]]


def write(folder: Path, plan: Preset, data: Path, reports: Path) -> str:
    """Write all into `reports`, and return the table of targets, or where the tables are if there are no targets.

    Raises `TrainingError` when a stage is not done or `reports` cannot be written, `DataError` when what was asked is
    not there.
    """
    parts = [_part(found) for found in finding.read(folder, plan, data)]
    _folder(reports)
    for plot in (plot for *_, drawn in parts for plot in drawn):
        put(reports / f"{plot.name}.png", plot.png())
    put(reports / PAGE, tables.page(parts).encode())
    put(reports / JSON, (json.dumps(_told(parts), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    reached = [one for _, own, _ in parts for one in own]
    return tables.summary(reached) if reached else f"The tables are in {reports / PAGE}."


def _folder(reports: Path) -> None:
    try:
        reports.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"{reports} cannot be made: {error.strerror}. Name another place with --reports."
        ) from error


def _part(found: Found) -> Part:
    reached = targets(found)
    return found, reached, plots.plots(found, reached)


def _told(parts: Sequence[Part]) -> dict[str, Any]:
    """Rows of targets, and behind them all that was measured. `compared` tells of each row what stands behind it."""
    reached = [one for _, own, _ in parts for one in own]
    return {
        "rows": [one.row for one in reached],
        "compared": [
            {"name": one.name, "this": one.this, "other": one.other, "rule": one.rule, "p": one.p} for one in reached
        ],
        "tasks": {found.name: _systems(found) for found, *_ in parts},
        "speed": {found.name: found.speed for found, *_ in parts},
        "fusion": {found.name: found.fusion for found, *_ in parts},
        "bootstrap": {"draws": RESAMPLES, "seed": SEED, "share": SHARE},
    }


def _systems(found: Found) -> dict[str, dict[str, dict[str, float]]]:
    return {
        split: {name: {"parameters": one.parameters, **one.figures} for name, one in systems.items()}
        for split, systems in found.splits.items()
    }
