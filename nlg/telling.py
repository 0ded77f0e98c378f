"""How a command says what went wrong: one line on the error output, and exit status 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from nlg.contract import WritingError
from nlg.errors import NlgError


@contextmanager
def told() -> Iterator[None]:
    """Errors that a person can mend end the command without a traceback."""
    try:
        yield
    except (NlgError, WritingError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Turn what goes wrong while writing `out` into an `NlgError` that says so."""
    try:
        yield
    except OSError as error:
        raise NlgError(f"{out} cannot be written: {error.strerror or error}. Name another place with --out.") from error
