"""`python -m tests.flood`: 50 chats at once against platforms that enforce their limits, without and with faults."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path
from typing import Annotated

import structlog
import typer

from tests.flood.run import CROWDS, Flood, flood


def main(
    chats: int = 50,
    words: int = 40,
    delay: float = 0.1,
    questions: int = 3,
    platform: Annotated[list[str], typer.Option(help="telegram, slack, or both")] = list(CROWDS),  # noqa: B006 - read only
) -> None:
    """Let so many people write at once; the model writes so many words, one every `delay` seconds.

    Everybody asks so many questions, one after the other.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for library in ("telegram", "slack_sdk", "slack_bolt", "connectors"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # they complain of every fault that is made here
    good = True
    for name in platform:
        for wrong in (False, True):
            plan = Flood(name, chats, words=words, delay=delay, questions=questions, wrong=wrong)
            with tempfile.TemporaryDirectory(prefix="palaver-flood-") as folder:
                outcome = asyncio.run(flood(plan, Path(folder)))
            typer.echo(f"{name}, {'with' if wrong else 'without'} faults: {outcome}")
            good = good and outcome.right == chats and outcome.refused == 0
    raise typer.Exit(0 if good else 1)


if __name__ == "__main__":
    typer.run(main)
