"""`palaver worker`: serve a model to bots over a broker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from nlg.serving.broker import Broker
    from nlg.serving.interfaces import Generator

CANNOT_LOAD = 4
"""Exit status when the model cannot be trusted or read."""
CANNOT_LISTEN = 2
"""Exit status when the port is not to be had."""


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
    threads: Annotated[
        int, typer.Option(min=0, help="How many CPU cores one step of the model may use; 0 measures what is quickest.")
    ] = 1,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Compile the model's steps, which takes half a minute: for GPUs.")
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="A file that is there, and fresh, while prompts are taken; for Docker.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Serve /healthz, /readyz and /metrics here; 0 for not at all.")
    ] = 0,
    host: Annotated[str, typer.Option(help="Who may ask there: 0.0.0.0 for other machines, too.")] = "127.0.0.1",
    stub: Annotated[
        bool, typer.Option("--stub", help="Repeat what was said instead of loading a model, to try a set-up or load.")
    ] = False,
    stub_delay: Annotated[float, typer.Option(min=0.0, help="Seconds that a token of the stub takes.")] = 0.02,
    stub_tokens: Annotated[int, typer.Option(min=1, help="How many tokens the stub writes.")] = 20,
    stub_mishaps: Annotated[
        bool, typer.Option("--stub-mishaps", help="Words stub-stall, stub-fail and stub-crash make the stub do so.")
    ] = False,
) -> None:
    """Serve a model to bots: take prompts from the broker and send drafts back.

    Needs neither the database nor a platform's token. Start as many as there are machines. SIGTERM lets it finish what
    it is writing, for 20 seconds at most. It notices when the folder holds another model, and SIGHUP makes it look: the
    new model warms up beside the old one, and no prompt is dropped.

    [bold]Examples[/bold]

      PALAVER_BROKER_URL=redis://10.0.0.5/0 palaver worker --model models/service
      palaver worker --model models/large --slots 64 --queue large --port 9101
      palaver worker --stub --stub-delay 0.05
    """
    from nlg.contract import WritingError
    from nlg.errors import NlgError
    from nlg.serving.loading import folder_of, model_folder, open_engine
    from nlg.serving.logs import log_to_stderr
    from nlg.testing import StubEngine
    from nlg.worker import Post, run_worker

    log_to_stderr()
    broker = _broker(broker_url)
    post = Post(queue, slots, None if stub else folder_of(model), ready_file, host, port)

    def open_one() -> Generator:
        if stub:
            return StubEngine(slots, stub_tokens, stub_delay, mishaps=stub_mishaps)
        return open_engine(model_folder(model), slots, threads, compiled)

    try:
        raise typer.Exit(run_worker(broker, open_one, post))
    except NlgError as error:
        _end(str(error), CANNOT_LOAD)
    except WritingError as error:
        _end(f"the model was loaded and cannot write: {error}. Evaluate it, or name another one.", CANNOT_LOAD)
    except OSError as error:
        _end(f"--port {port}: cannot listen on {host} ({error.strerror}). Choose another port.", CANNOT_LISTEN)


def _end(why: str, status: int) -> NoReturn:
    typer.secho(f"palaver: {why}", fg=typer.colors.RED, err=True)
    raise typer.Exit(status) from None


def _broker(url: str) -> Broker:
    from nlg.serving.broker import Broker

    try:
        return Broker(url)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="PALAVER_BROKER_URL") from None
