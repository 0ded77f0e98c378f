"""Shows how far measuring has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Done: TypeAlias = Callable[[int], None]
"""Told how many more are done."""
Begin: TypeAlias = Callable[[str, int], Done]
"""Told the name of a piece of work and how many there are to do."""


def silent(name: str, total: int) -> Done:  # noqa: ARG001 - nobody looks
    """Shows nothing."""
    return lambda _: None


@contextmanager
def bars(console: Console) -> Iterator[Begin]:
    """A bar for each piece of work, gone when all is done. Nothing is drawn where nobody sees it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:

        def begin(name: str, total: int) -> Done:
            task = shown.add_task(name, total=total)
            return lambda more: shown.advance(task, more)

        yield begin
