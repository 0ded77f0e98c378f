"""The journey of one task, stage by stage. What is done already is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlg.headline.jobs import Job, Jobs
from nlg.headline.preset import Task, merged
from nlg.headline.work import DONE
from nlg.training import recipe, run, toml, vocabulary
from nlg.training.disk import put
from nlg.training.tutor import WRITTEN

DISTILLED, ALONE = "distilled", "alone"
SPLITS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Journey:
    """One task: where it is, what it reads, on which device, and who does the work."""

    folder: Path
    task: Task
    data: Path
    device: str
    jobs: Jobs

    def teach(self) -> None:
        """Train all teachers."""
        self._tokenizer()
        self.jobs.run("teachers", [self._train(f"teachers/{name}", own) for name, own in self.task.teachers.items()])

    def fuse(self) -> None:
        """Fuse some of them, and have the fused model write what students read."""
        members = [str(self.model(f"teachers/{name}")) for name in self.task.fused]
        out = self.folder / "fused"
        self.jobs.run("fusion", [Job("fused", ["mix", str(out), str(self.data), *members, *self._on()], out / DONE)])
        name, own = next(iter(self.task.students.items()))
        path = self._recipe("written", self._student(name, own, DISTILLED, self.task.seeds[0]))
        out = self.folder / "written"
        arguments = ["write", *map(str, (path, self.data, out)), *self._on()]
        self.jobs.run("replies of the fused model", [Job("written", arguments, out / DONE)])

    def distil(self) -> None:
        """Train each student with each seed, with and without distillation."""
        self.jobs.run(
            "students", [job for name, own in self.task.students.items() for job in self._students(name, own)]
        )

    def measure(self) -> None:
        """Ask everything of all systems."""
        self.jobs.run("measurements", [self._measure(*system) for system in self.systems()])

    def race(self) -> None:
        """Time them on the CPU, alone on the machine."""
        student = self.student(next(iter(self.task.students)), DISTILLED, self.task.seeds[0])
        told = [self.model(student), self.model(f"teachers/{self.largest()}"), self.folder / "fused", self.task.beams]
        out = self.folder / "speed.json"
        arguments = ["race", *map(str, (out, self.data, ",".join(self.task.measured), *told))]
        self.jobs.run("race", [Job("race", arguments, out)])

    def systems(self) -> Iterator[tuple[str, Path, int, str]]:
        """All that is measured: its name, its folder, how many beams, and how one of what they find is chosen."""
        for name in self.task.teachers:
            yield f"{name}", self.model(f"teachers/{name}"), 1, "likeliest"
        if self.task.fused:
            yield from self._fused()

    def _fused(self) -> Iterator[tuple[str, Path, int, str]]:
        for name in self.task.fused:
            yield f"{name}.beam", self.model(f"teachers/{name}"), self.task.beams, "likeliest"
        fused = self.folder / "fused"
        yield "fused", fused, 1, "likeliest"
        yield "fused.beam", fused, self.task.beams, "likeliest"
        yield "fused.mbr", fused, 2 * self.task.beams, "mbr"
        for student in self.task.students:
            for way in (DISTILLED, ALONE):
                for seed in self.task.seeds:
                    yield f"{student}.{way}.{seed}", self.model(self.student(student, way, seed)), 1, "likeliest"
        first = next(iter(self.task.students))
        best = self.model(self.student(first, DISTILLED, self.task.seeds[0]))
        yield f"{first}.covered", best, 2 * self.task.beams, "coverage"

    def student(self, name: str, way: str, seed: int) -> str:
        return f"students/{name}.{way}.{seed}"

    def model(self, name: str) -> Path:
        return self.folder / name / run.MODEL

    def figures(self, system: str, split: str) -> Path:
        return self.folder / "figures" / f"{system}.{split}.json"

    def largest(self) -> str:
        """The teacher with the largest weights."""
        sizes = {
            name: (self.model(f"teachers/{name}") / "model.safetensors").stat().st_size for name in self.task.fused
        }
        return max(sizes, key=lambda name: sizes[name])

    def _tokenizer(self) -> None:
        path = self.folder / "tokenizer.json"
        if not path.exists():
            first = merged(self.task.recipe, next(iter(self.task.teachers.values())), {"name": "tokenizer"})
            told = recipe.made(first, "tokenizer")
            self.folder.mkdir(parents=True, exist_ok=True)
            put(path, vocabulary.choose(told, run.read(told, self.data).learnt).to_json().encode())

    def _train(self, name: str, own: Mapping[str, Any]) -> Job:
        path = self._recipe(name, merged(self.task.recipe, own, {"name": name.rsplit("/", maxsplit=1)[-1]}))
        out = self.folder / name
        return Job(name, ["train", *map(str, (path, self.data, out)), *self._on()], out / DONE)

    def _students(self, name: str, own: Mapping[str, Any]) -> Iterator[Job]:
        for seed in self.task.seeds:
            for way in (DISTILLED, ALONE):
                folder = self.student(name, way, seed)
                if way == DISTILLED and not (self.folder / folder / WRITTEN).exists():
                    (self.folder / folder).mkdir(parents=True, exist_ok=True)
                    shutil.copy(self.folder / "written" / WRITTEN, self.folder / folder / WRITTEN)
                yield self._train(folder, self._student(name, own, way, seed))

    def _student(self, name: str, own: Mapping[str, Any], way: str, seed: int) -> dict[str, Any]:
        teacher = {"path": str(self.folder / "fused"), "beams": self.task.written_beams}
        taught = {"phases": list(self.task.phases), "teacher": teacher}
        epochs = {"schedule": {"epochs": self.task.epochs[name]}} if name in self.task.epochs else {}
        start = {"start": str(self.model(own["start"]))} if "start" in own else {}
        return merged(
            self.task.recipe, own, start, epochs, {"name": name, "seed": seed}, taught if way == DISTILLED else {}
        )

    def _recipe(self, name: str, values: Mapping[str, Any]) -> Path:
        path = self.folder / "recipes" / f"{name.replace('/', '.')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = {**values["text"], "tokenizer": str(self.folder / "tokenizer.json")}
        put(path, toml.render({**values, "text": text}).encode())
        return path

    def _measure(self, name: str, model: Path, beams: int, choice: str) -> Job:
        out = self.figures(name, SPLITS[-1])
        sources, splits = ",".join(self.task.measured), ",".join(SPLITS)
        told = (name, model, self.data, sources, splits, out.parent, self.task.limit, "--beams", beams)
        return Job(f"measured.{name}", ["measure", *map(str, told), "--choice", choice, *self._on()], out)

    def _on(self) -> list[str]:
        return ["--device", self.device] if self.device else []
