"""`python -m tests.load`: how much a whole Palaver carries on this machine.

python -m tests.load                                     (whole: some 25 minutes; fills docs/load.md and its pictures)
python -m tests.load --scale 0.05                        (the same, short: a few minutes, only into build/reports)
python -m tests.load --only burst --only steady
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from bot.plugins import load_plugin, plugin_names
from tests.benchmarks.machine import machine
from tests.load import parts
from tests.load.drawing import draw
from tests.load.report import REPORTS, ROOT, Found, put_on_page, save, show, today
from tests.rig.servers import Unavailable, end_in_order


def main(
    only: Annotated[list[str] | None, typer.Option(help="Measure only this; repeat for more. Default: all.")] = None,
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="1: the whole; less: shorter.")] = 1.0,
) -> None:
    """Measure. Leave the machine alone meanwhile. Exit 1 when something that was wanted is not met."""
    end_in_order()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    about = f"Measured on {today()}: " + "; ".join(f"{what}: {how}" for what, how in machine().items()) + "."
    found = {name: _measure(name, scale) for name in only or plugin_names(parts)}
    rows = [row for one in found.values() for row in one.rows]
    curves = {name: curve for one in found.values() for name, curve in one.curves.items()}
    save(rows, about)
    whole = scale == 1.0 and not only
    draw(curves, ROOT / "docs" / "images" if whole else REPORTS)
    if whole:
        put_on_page(rows, about, curves)
    raise typer.Exit(0 if all(row.met is not False for row in rows) else 1)


def _measure(name: str, scale: float) -> Found:
    """Measure one part; where a server is missing it is said to be left out."""
    module, began = load_plugin(parts, name), time.monotonic()
    assert module is not None
    with tempfile.TemporaryDirectory(prefix="palaver-load-") as folder:
        try:
            found: Found = asyncio.run(module.run(scale, Path(folder)))
        except Unavailable as missing:
            typer.echo(f"{name} is left out: {missing}")
            return Found(())
    show(found.rows, f"{name}, {time.monotonic() - began:.0f} s")
    return found


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
