"""`palaver models ...`: which versions of a model there are, and whom they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from bot.store.database import Database
    from bot.store.rollout.versions import Change
    from bot.versions import Version

Note = Annotated[str, typer.Option(help="A remark for the history.")]
HELP = "Versions of a model: add one, try it on a share of people, promote it, take it back."


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help=HELP, no_args_is_help=True)
    for command in (list_, add, promote, retire, rollback):
        commands.command(command.__name__.rstrip("_"))(command)
    app.add_typer(commands, name="models")


def list_(
    history: Annotated[bool, typer.Option("--history", help="Show who changed what, the newest first.")] = False,
) -> None:
    """Show every version, its stage and what was measured of it.

    [bold]Examples[/bold]

      palaver models list
      palaver models list --history
    """
    _run(_show_history if history else _show)


def add(
    folder: Annotated[
        str, typer.Argument(help="Folder of the checkpoint. Workers alone may have it: then --queue.")
    ] = "",
    name: Annotated[str, typer.Option(help="How to call it; the folder's name if not given.")] = "",
    queue: Annotated[str, typer.Option(help="The queue of its workers; its name if not given.")] = "",
    note: Note = "",
) -> None:
    """Add a version as a candidate: it answers nobody until it is promoted.

    Its files are checked, and its figures kept. With a broker, start workers for it: palaver worker --queue NAME.

    [bold]Examples[/bold]

      palaver models add models/service-2
      palaver models add models/service-2 --name spring --queue spring
      palaver models add --name big --queue big     (its folder is on the workers' machine)
    """
    version = _version(folder, name, queue)
    _run(lambda database: _add(database, version, _change(note)))


def promote(
    name: Annotated[str, typer.Argument(help="The version.")],
    canary: Annotated[str, typer.Option(metavar="SHARE", help="To so many conversations only: 5% or 0.05.")] = "",
    shadow: Annotated[bool, typer.Option("--shadow", help="Let it write beside the others, heard by nobody.")] = False,
    note: Note = "",
) -> None:
    """Put a version into production, to a share of the conversations, or beside the others.

    Running bots follow within seconds; whoever was in production goes on until the new one is loaded, then retires.

    [bold]Examples[/bold]

      palaver models promote service-2 --shadow
      palaver models promote service-2 --canary 5%
      palaver models promote service-2
    """
    from bot.versions import Stage

    if canary and shadow:
        raise typer.BadParameter("Give --canary or --shadow, not both.")
    stage = Stage.SHADOW if shadow else Stage.CANARY if canary else Stage.PRODUCTION
    share = _share(canary) if canary else 0.0
    _run(lambda database: _move(database, name, stage, share, _change(note)))


def retire(name: Annotated[str, typer.Argument(help="The version.")], note: Note = "") -> None:
    """Ask a version no more. One that is in production has to be replaced first.

    [bold]Examples[/bold]

      palaver models retire service-1 --note "worse in Chinese"
    """
    from bot.versions import Stage

    _run(lambda database: _move(database, name, Stage.RETIRED, 0.0, _change(note)))


def rollback(
    name: Annotated[str, typer.Argument(help="The version; the one in production if not given.")] = "",
    note: Note = "",
) -> None:
    """Take a version back: a canary or shadow to the candidates, production in favour of the one before it.

    [bold]Examples[/bold]

      palaver models rollback
      palaver models rollback service-2 --note "too long"
    """
    _run(lambda database: _roll_back(database, name, _change(note)))


def _run(work: Callable[[Database], Awaitable[None]]) -> None:
    import asyncio

    async def run() -> None:
        async with _database() as database:
            await work(database)

    asyncio.run(run())


def _database() -> AbstractAsyncContextManager[Database]:
    from contextlib import asynccontextmanager

    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade

    @asynccontextmanager
    async def opened() -> AsyncIterator[Database]:
        database = open_database(StoreSettings.load())
        try:
            await upgrade(database)
            yield database
        finally:
            await database.close()

    return opened()


def _change(note: str) -> Change:
    """Say who does it: the user of this machine, as far as it knows one."""
    from getpass import getuser

    from bot.store.rollout.versions import Change

    try:
        who = getuser()
    except (OSError, KeyError):
        who = "somebody"
    return Change(f"{who} (command line)", note)


def _share(text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no share. Write 5% or 0.05.", param_hint="--canary") from None


def _version(folder: str, name: str, queue: str) -> Version:
    from pathlib import Path

    from bot.versions import Version, named

    if not folder and not name:
        raise typer.BadParameter("Give the folder of a checkpoint, or --name and --queue for one that workers have.")
    place = str(Path(folder).resolve()) if folder else ""
    return Version(named(name or Path(place).name), folder=place, queue=queue)


async def _add(database: Database, version: Version, change: Change) -> None:
    from bot.store.rollout.versions import Versions
    from bot.writers._describing import described

    await Versions(database).add(await described(version) if version.folder else version, change)
    typer.echo(f"Added {version.name}. Try it: palaver models promote {version.name} --canary 5%")


async def _move(database: Database, name: str, stage: str, share: float, change: Change) -> None:
    from bot.store.rollout.versions import Stages
    from bot.versions import Stage

    _tell(await Stages(database).move(name, Stage(stage), share, change))


async def _roll_back(database: Database, name: str, change: Change) -> None:
    from bot.store.rollout.versions import Stages, Versions
    from bot.versions import production

    now = production(await Versions(database).all())
    _tell(await Stages(database).roll_back(name or (now.name if now else ""), change))


async def _show(database: Database) -> None:
    from bot.cli._versions import in_a_line
    from bot.store.rollout.versions import Versions

    versions = await Versions(database).all()
    if not versions:
        typer.echo("No version is known yet. `palaver run` adds the one of the settings; `palaver models add` others.")
    for version in versions:
        typer.echo(in_a_line(version))


async def _show_history(database: Database) -> None:
    from bot.cli._versions import as_history
    from bot.store.rollout.versions import Stages

    for staging in await Stages(database).history():
        typer.echo(as_history(staging))


def _tell(changed: list[Version]) -> None:
    from bot.cli._versions import stage

    for version in changed:
        typer.echo(f"{version.name}: {stage(version)}")
    typer.echo("Running bots follow within seconds." if changed else "It is so already; nothing was changed.")
