"""The command: `python -m nlg.headline nano --data data`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nlg.evaluation.progress import bars
from nlg.headline import preset as presets
from nlg.headline import report
from nlg.headline.jobs import Jobs
from nlg.headline.preset import Task
from nlg.headline.stages import Journey
from nlg.telling import told


class Stage(StrEnum):
    """A stage of a journey, in their order."""

    TEACH = "teach"
    FUSE = "fuse"
    DISTIL = "distil"
    MEASURE = "measure"
    RACE = "race"


COMPARED = (Stage.TEACH, Stage.MEASURE)
"""The stages of a task whose models are not fused, but only compared."""


def main(
    preset: Annotated[str, typer.Argument(help="nano, h200, families, or a TOML file of your own.")] = "nano",
    data: Annotated[Path, typer.Option(help="Folder with the corpora.")] = Path("data"),
    out: Annotated[Path | None, typer.Option(help="Folder of the journey; without it, build/headline/PRESET.")] = None,
    reports: Annotated[Path, typer.Option(help="Folder for tables, plots and headline.json.")] = Path("build/reports"),
    device: Annotated[str, typer.Option(help="cpu, cuda ...; without it, a GPU where there is one.")] = "",
    task: Annotated[list[str] | None, typer.Option(help="Only this task of the preset. Can be given often.")] = None,
    stage: Annotated[list[Stage] | None, typer.Option(help="Only this stage. Can be given often.")] = None,
) -> None:
    """Train teachers, fuse them, distil students, measure all of them, and write what came of it.

    Every stage that is done is kept, so a journey that was cut goes on where it was.
    """
    with told():
        file = Path(preset) if preset.endswith(".toml") else presets.PRESETS / f"{preset}.toml"
        plan = presets.load(file).only(task or [])
        folder = out or Path("build/headline") / file.stem
        console = Console(stderr=True)
        with bars(console) as begin:
            for name in plan.tasks:
                jobs = Jobs(folder / name / "logs", plan.jobs, begin)
                journey = Journey(folder / name, plan.task(name), data, device, jobs)
                for one in _stages(plan.task(name), stage or list(Stage)):
                    console.print(f"{name}: {one}")
                    getattr(journey, one)()
        if not stage:
            typer.echo(report.write(folder, plan, data, reports))


def _stages(task: Task, asked: Sequence[Stage]) -> list[Stage]:
    return [one for one in asked if task.fused or one in COMPARED]


if __name__ == "__main__":
    typer.run(main)
