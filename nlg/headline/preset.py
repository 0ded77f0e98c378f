"""What a journey trains and measures: one TOML file a preset, in `nlg/headline/presets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nlg.errors import RecipeError
from nlg.settings import build
from nlg.training import recipe

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One kind of text. All models of a task have one tokenizer and read the same.

    `recipe` holds what all its recipes have in common. What a teacher or the student says goes before it, table by
    table; each needs a `model`.
    """

    recipe: Mapping[str, Any]
    teachers: Mapping[str, Mapping[str, Any]]
    students: Mapping[str, Mapping[str, Any]]
    fused: list[str]
    """Which teachers are fused."""
    phases: list[Mapping[str, Any]]
    """How students learn from the fused model. Without distillation they learn as teachers do."""
    measured: list[str]
    """Sources whose dev and test are asked."""
    seeds: list[int] = field(default_factory=lambda: [1])
    limit: int = 1000
    """Examples of each split, drawn by chance."""
    beams: int = 4
    written_beams: int = 1
    """Beams by which the fused model writes what students read."""
    epochs: Mapping[str, int] = field(default_factory=dict)
    """Epochs of students, in place of those of the recipe, by their names."""

    def __post_init__(self) -> None:
        if self.beams < 2:
            raise ValueError(f"{self.beams} beam is greedy, and is measured anyway: ask for two or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A journey: its tasks, and how many of its models are trained at the same time."""

    tasks: Mapping[str, Mapping[str, Any]]
    jobs: int = 1

    def only(self, names: Sequence[str]) -> Preset:
        """The preset with these tasks alone, or with all if none is named; raise `RecipeError` for an unknown one."""
        for name in names:
            if name not in self.tasks:
                raise RecipeError(f"there is no task {name!r} in this preset. It has: {', '.join(self.tasks)}.")
        return replace(self, tasks={name: self.tasks[name] for name in names or self.tasks})

    def task(self, name: str) -> Task:
        return build(Task, self.tasks[name], f"tasks.{name}")


def load(path: Path) -> Preset:
    """Read a preset; raise `RecipeError` when it makes no sense."""
    preset: Preset = build(Preset, recipe.read(path), path.name)
    for name in preset.tasks:
        preset.task(name)
    return preset


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of recipes put together; later ones go before earlier ones, setting by setting."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            old = whole.get(name)
            whole[name] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return whole
