"""Shows how much of a file has been read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from nlg.data import reading

STEP = 1 << 16
"""Bytes between two movements of the bar: telling it of every line would take longer than reading."""


@contextmanager
def bar(path: Path, console: Console) -> Iterator[reading.Watch]:
    """A bar for one file that is gone when the file is read. Nothing is drawn where nobody sees it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(path.name, total=reading.size(path))
        shown = 0

        def watch(consumed: int) -> None:
            nonlocal shown
            if consumed - shown >= STEP:
                shown = consumed
                bars.update(task, completed=consumed)

        yield watch
