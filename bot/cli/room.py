"""The commands of the model room (`palaver train`, `generate`, `worker` ...), as it offers them."""

from __future__ import annotations

import typer

from nlg import cli, data_cli, worker_cli


def register(app: typer.Typer) -> None:
    cli.register(app)
    data_cli.register(app)
    worker_cli.register(app)
