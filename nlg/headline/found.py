"""What a journey left: the figures of all systems, the times, the weights of the fusion, and how students learnt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from nlg.errors import TrainingError
from nlg.evaluation import asking
from nlg.evaluation.asking import Asked
from nlg.evaluation.progress import silent
from nlg.headline.figures import Counts, System
from nlg.headline.jobs import Jobs
from nlg.headline.preset import Preset, Task
from nlg.headline.stages import ALONE, DISTILLED, SPLITS, Journey
from nlg.headline.work import DONE
from nlg.training.run import CURVE

Curve: TypeAlias = Sequence[Mapping[str, float]]


class Each(Protocol):
    """Counts in systems, as `map` does."""

    def __call__(self, count: Callable[[System], Measured], systems: Sequence[System], /) -> Iterator[Measured]: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """A system on a split: its size, what the metrics count in each example, and the figures of all examples."""

    parameters: int
    counts: Counts
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """One task. Systems go by their names in each split, curves by the names of students' systems, times in ms.

    Where nothing was fused, there are no times and no curves.
    """

    name: str
    task: Task
    splits: Mapping[str, Mapping[str, Measured]]
    speed: Mapping[str, float] = field(default_factory=dict)
    fusion: str = ""
    curves: Mapping[str, Curve] = field(default_factory=dict)

    @property
    def dev(self) -> Mapping[str, Measured]:
        return self.splits["dev"]

    @property
    def test(self) -> Mapping[str, Measured]:
        return self.splits["test"]

    @property
    def student(self) -> str:
        """The student that the targets are about: the first of the task."""
        return next(iter(self.task.students))

    def seeds(self, student: str, way: str) -> list[str]:
        """The systems that are one student, taught in one way, with all seeds."""
        return [f"{student}.{way}.{seed}" for seed in self.task.seeds]


def read(folder: Path, plan: Preset, data: Path) -> list[Found]:
    """Read what a journey left; raise `TrainingError` when one of its stages is not done, or not of these examples."""
    journeys = [
        (name, Journey(folder / name, plan.task(name), data, "", Jobs(folder / name / "logs", 1, silent)))
        for name in plan.tasks
    ]
    for name, journey in journeys:
        _check(name, journey)
    with _counting(plan.jobs) as each:
        return [_found(name, journey, each) for name, journey in journeys]


def _check(name: str, journey: Journey) -> None:
    for stage, path in _needed(journey):
        if not path.exists():
            raise TrainingError(
                f"{name}: the stage `{stage}` is not done, as {path} is missing. Give the same command again: it goes "
                f"on where it was. Only this stage: `python -m nlg.headline PRESET --task {name} --stage {stage}`."
            )


def _needed(journey: Journey) -> Iterator[tuple[str, Path]]:
    """The files that say that a stage is done, in the order of the stages."""
    for teacher in journey.task.teachers:
        yield "teach", journey.folder / "teachers" / teacher / DONE
    if journey.task.fused:
        yield "fuse", journey.folder / "fused" / DONE
        for folder in _students(journey).values():
            yield "distil", folder / DONE
    for split in SPLITS:
        for name, *_ in journey.systems():
            yield "measure", journey.figures(name, split)
    if journey.task.fused:
        yield "race", journey.folder / "speed.json"


def _students(journey: Journey) -> dict[str, Path]:
    """The folder of each student's system."""
    told = [(student, way) for student in journey.task.students for way in (DISTILLED, ALONE)]
    return {
        f"{student}.{way}.{seed}": journey.folder / journey.student(student, way, seed)
        for student, way in told
        for seed in journey.task.seeds
    }


def _found(name: str, journey: Journey, each: Each) -> Found:
    splits = {split: _split(journey, split, each) for split in SPLITS}
    if not journey.task.fused:
        return Found(name, journey.task, splits)
    curves = {system: _json(folder / CURVE) for system, folder in _students(journey).items()}
    fusion = _json(journey.folder / "fused" / DONE)["note"]
    return Found(name, journey.task, splits, _json(journey.folder / "speed.json"), fusion, curves)


def _split(journey: Journey, split: str, each: Each) -> dict[str, Measured]:
    asked = asking.load(journey.data, journey.task.measured, split, journey.task.limit)
    paths = {name: journey.figures(name, split) for name, *_ in journey.systems()}
    systems = [_system(path, asked) for path in paths.values()]
    return dict(zip(paths, each(partial(_measured, asked=asked), systems), strict=True))


def _system(path: Path, asked: Asked) -> System:
    found = System.load(path)
    if len(found.replies) != len(asked.examples):
        raise TrainingError(
            f"{path} has replies to {len(found.replies)} examples, and {asked.data} has {len(asked.examples)} now. "
            "Remove the folder `figures` beside it, and have the stage `measure` done again."
        )
    return found


@contextmanager
def _counting(together: int) -> Iterator[Each]:
    """Counting takes seconds a system, so several processes share them where the preset has several jobs."""
    if together == 1:
        yield map
        return
    with ProcessPoolExecutor(together, mp_context=get_context("spawn")) as pool:
        yield pool.map


def _measured(system: System, asked: Asked) -> Measured:
    counts = Counts.of(system, asked)
    return Measured(system.parameters, counts, counts.figures())


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
