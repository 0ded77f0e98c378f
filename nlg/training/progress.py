"""Shows a run on the terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bars:
    """A bar that moves with each step, and a line for each epoch. Use it in a `with` block."""

    def __init__(self, console: Console | None = None) -> None:
        self._bars = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            console=console or Console(),
            refresh_per_second=2,
        )
        self._task = self._bars.add_task("training", total=None, loss=0.0)

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def stepped(self, step: int, steps: int, loss: float) -> None:
        self._bars.update(self._task, completed=step, total=steps, loss=loss)

    def measured(self, row: dict[str, float], better: bool) -> None:
        figures = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if name != "epoch")
        self._bars.console.print(f"epoch {row['epoch']:g}  {figures}{'  best' if better else ''}")
