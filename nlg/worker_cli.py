"""`palaver worker`: serve a model to bots over a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nlg.serving.broker import Broker

CANNOT_LOAD = 4
"""Exit status when the model cannot be trusted or read."""


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command()(worker)


def worker(  # noqa: PLR0913, PLR0917 - each is one option of the command
    broker_url: Annotated[
        str, typer.Option(envvar="PALAVER_BROKER_URL", show_default=False, help="redis://... or amqp://...")
    ],
    model: Annotated[
        str, typer.Option(envvar="PALAVER_MODEL", help="Folder of a checkpoint; the shipped one if not given.")
    ] = "",
    queue: Annotated[
        str, typer.Option(envvar="PALAVER_QUEUE", help="Which prompts to take: of bots with this PALAVER_QUEUE.")
    ] = "default",
    slots: Annotated[int, typer.Option(min=1, max=256, help="How many replies are written at the same time.")] = 16,
    threads: Annotated[int, typer.Option(min=1, help="How many CPU cores one step of the model may use.")] = 1,
    stub: Annotated[
        bool, typer.Option("--stub", help="Repeat what was said instead of loading a model, to try a set-up or load.")
    ] = False,
    stub_delay: Annotated[float, typer.Option(min=0.0, help="Seconds that a token of the stub takes.")] = 0.02,
    stub_tokens: Annotated[int, typer.Option(min=1, help="How many tokens the stub writes.")] = 20,
) -> None:
    """Serve a model to bots: take prompts from the broker and send drafts back.

    Needs neither the database nor a platform's token. Start as many as there are machines. SIGTERM lets it finish what
    it is writing, for 20 seconds at most.

    [bold]Examples[/bold]

      PALAVER_BROKER_URL=redis://10.0.0.5/0 palaver worker --model models/service
      palaver worker --model models/large --slots 32 --queue large
      palaver worker --stub --stub-delay 0.05
    """
    from nlg.errors import NlgError
    from nlg.serving.logs import log_to_stderr
    from nlg.testing import STUB_MODEL, StubEngine
    from nlg.worker import run_worker

    log_to_stderr()
    broker = _broker(broker_url)
    if stub:
        raise typer.Exit(run_worker(broker, queue, StubEngine(slots, stub_tokens, stub_delay), slots, STUB_MODEL))
    from nlg.serving.loading import model_folder, open_engine

    try:
        engine = open_engine(model_folder(model), slots, threads)
    except NlgError as error:
        typer.secho(f"palaver: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(CANNOT_LOAD) from None
    raise typer.Exit(run_worker(broker, queue, engine, slots, engine.checkpoint.id))


def _broker(url: str) -> Broker:
    from nlg.serving.broker import Broker

    try:
        return Broker(url)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="PALAVER_BROKER_URL") from None
