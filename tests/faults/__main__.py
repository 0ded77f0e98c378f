"""`python -m tests.faults`: breaks a running Palaver and counts what people notice.

python -m tests.faults --case kill --store postgresql --broker redis --messages 1000 --faults 20
python -m tests.faults --case F9      (a row of the matrix in docs/reliability.md)
python -m tests.faults                (every case on every supported place, small, and every row's tests)
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import SettingsError
from bot.plugins import plugin_names
from tests.faults import cases
from tests.faults.elsewhere import try_tests
from tests.faults.matrix import MATRIX, cases_of
from tests.faults.options import Options
from tests.faults.report import Row, save, show
from tests.faults.trial import PLACES, REPORT, try_case
from tests.rig.servers import Unavailable, end_in_order


def main(  # noqa: PLR0917 - an option each
    case: Annotated[
        list[str] | None, typer.Option(help="Cases (kill) or rows (F9); repeat for more. Default: all.")
    ] = None,
    store: Annotated[str, typer.Option(help="postgresql or sqlite; default both.")] = "",
    broker: Annotated[str, typer.Option(help="redis, rabbitmq or embedded; default all.")] = "",
    messages: Annotated[int, typer.Option(min=1, help="Messages that people write.")] = 200,
    chats: Annotated[int, typer.Option(min=1, help="Conversations side by side.")] = 20,
    faults: Annotated[int, typer.Option(min=0, help="How often something is broken.")] = 4,
    rate: Annotated[float, typer.Option(help="Messages a second.")] = 10.0,
    token: Annotated[float, typer.Option(help="Seconds a word of the stub model takes.")] = 0.02,
    seed: int = 1,
    keep: Annotated[Path | None, typer.Option(help="Keep the logs of all processes here.")] = None,
    report: Annotated[Path, typer.Option(help="Where the JSON goes.")] = REPORT,
) -> None:
    """Break a running Palaver and count what people notice. Exit 1 when an expectation is not met."""
    end_in_order()
    # A stand-in complains of clients that are cut off in the middle of a request; here that is what is meant to happen.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    size = Options(messages=messages, chats=chats, faults=faults, rate=rate, token=token, seed=seed)
    found: list[Row] = []
    for place in PLACES:
        if store in ("", place[0]) and broker in ("", place[1]):
            for name in _cases(case):
                found += _try(name, replace(size, store=place[0], broker=place[1]), keep)
    for row in [asked.upper() for asked in case or MATRIX]:
        found += _try_tests(row)
    if not found:
        raise typer.BadParameter(f"nothing could be tried there; places are {PLACES}")
    save(found, report)
    raise typer.Exit(0 if all(row.met for row in found) else 1)


def _cases(asked: Sequence[str] | None) -> list[str]:
    """Return the names of the cases, each once."""
    try:
        return list(dict.fromkeys(name for one in asked or plugin_names(cases) for name in cases_of(one)))
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--case") from None


def _try_tests(row: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="palaver-faults-") as folder:
        found = try_tests(row, Path(folder))
    if found:
        show(found, f"Tests of {row}")
    return found


def _try(name: str, options: Options, keep: Path | None) -> list[Row]:
    """Try a case; a place without its server is said to be left out."""
    with tempfile.TemporaryDirectory(prefix="palaver-faults-") as temporary:
        folder = (keep or Path(temporary)) / f"{name}-{options.store}-{options.broker}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            return try_case(name, options, folder)
        except Unavailable as missing:
            typer.echo(f"{name} on {options.place} is left out: {missing}")
            return []


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
