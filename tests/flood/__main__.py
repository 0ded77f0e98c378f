"""`python -m tests.flood`: 50 chats at once against a Telegram that enforces its limits, without and with faults."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

import structlog
import typer

from tests.flood.run import Flood, flood


def main(chats: int = 50, words: int = 40, delay: float = 0.1) -> None:
    """Let so many people write at once; the model writes so many words, one every `delay` seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("telegram").setLevel(logging.CRITICAL)  # it complains of every fault that is made here
    good = True
    for wrong in (False, True):
        with tempfile.TemporaryDirectory(prefix="palaver-flood-") as folder:
            outcome = asyncio.run(flood(Flood(chats, words=words, delay=delay, wrong=wrong), Path(folder)))
        typer.echo(f"{'with faults' if wrong else 'without faults'}: {outcome}")
        good = good and outcome.right == chats and outcome.refused == 0
    raise typer.Exit(0 if good else 1)


if __name__ == "__main__":
    typer.run(main)
