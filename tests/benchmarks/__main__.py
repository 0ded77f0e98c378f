"""`python -m tests.benchmarks`: measures this machine with this Palaver, into build/reports/bench.json and bench.md.

python -m tests.benchmarks --only ingest
python -m tests.benchmarks --only reading --turns 1000000   (fills databases for a while)
python -m tests.benchmarks --webhooks 500 --rounds 3 --seconds 10      (a quick look)
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.plugins import load_plugin, plugin_names
from tests.benchmarks import documenting, measures
from tests.benchmarks.measures import Size
from tests.benchmarks.report import publish
from tests.rig.servers import end_in_order


def main(
    only: Annotated[list[str] | None, typer.Option(help="Measure only this; repeat for more. Default: all.")] = None,
    webhooks: Annotated[int, typer.Option(min=100, help="Webhooks a round.")] = 2000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are taken over them.")] = 5,
    seconds: Annotated[float, typer.Option(min=1.0, help="How long people write.")] = 60.0,
    turns: Annotated[int, typer.Option(min=10_000, help="The most turns that a list is made of.")] = 100_000,
    document: Annotated[bool, typer.Option(help="Put the figures into the documents that show them, too.")] = False,
) -> None:
    """Measure. Leave the machine alone meanwhile."""
    end_in_order()
    size = Size(webhooks, rounds, seconds, turns)
    for name in only or plugin_names(measures):
        module = load_plugin(measures, name)
        if module is None:
            typer.echo(f"{name} needs a library that is not installed.")
            continue
        with tempfile.TemporaryDirectory(prefix="palaver-bench-") as folder:
            measured = asyncio.run(module.run(size, Path(folder)))
        publish(name, measured)
        for path in documenting.document(name, measured) if document else ():
            typer.echo(f"{path.name} shows the new figures.")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
