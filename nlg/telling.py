"""How a command says what went wrong: one line on the error output, and exit status 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
