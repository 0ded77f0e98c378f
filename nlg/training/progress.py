"""Shows a run, or the many runs of a search, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nlg.evaluation.progress import Done
from nlg.training.search.history import Tried, Value


class Bars:
    """A bar that moves with each step, and a line for each epoch. Use it in a `with` block."""

    def __init__(self, console: Console | None = None) -> None:
        self._said: set[str] = set()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[loss]}"),
            console=console or Console(),
            refresh_per_second=2,
        )
        self._task = self._bars.add_task("training", total=None, loss="")

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def stepped(self, step: int, steps: int, loss: float) -> None:
        self._bars.update(self._task, completed=step, total=steps, loss=f"loss {loss:.3f}")

    def measured(self, row: dict[str, float], better: bool) -> None:
        figures = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if name != "epoch")
        self._bars.console.print(f"epoch {row['epoch']:g}  {figures}{'  best' if better else ''}")

    def begun(self, name: str, total: int) -> Done:
        task = self._bars.add_task(name, total=total, loss="")
        return lambda more: self._bars.advance(task, more)

    def noted(self, line: str) -> None:
        """Say it, once."""
        if line not in self._said:
            self._said.add(line)
            self._bars.console.print(line, markup=False)


class SearchBars(Bars):
    """Another bar that moves with each trial, and a line for each. `before` are those that were tried already."""

    def __init__(self, trials: int, before: Sequence[Tried] = (), console: Console | None = None) -> None:
        super().__init__(console)
        self._best = float("inf")
        self._trials = self._bars.add_task("trials", total=trials, loss="")
        for one in before:
            self._count(one)

    def __enter__(self) -> SearchBars:
        super().__enter__()
        return self

    def tried(self, one: Tried) -> None:
        values = "  ".join(f"{name} {_short(value)}" for name, value in one.values.items())
        line = f"trial {one.number}  {one.outcome}  dev {one.best:.3f}  {values}  {one.why}".rstrip()
        self._bars.console.print(line, markup=False)
        self._count(one)

    def _count(self, one: Tried) -> None:
        if one.outcome == "done":
            self._best = min(self._best, one.best)
        if one.outcome != "running":
            self._bars.update(self._trials, completed=one.number + 1, loss=f"best {self._best:.3f}")


def _short(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
