"""`palaver erase`: a person's words, everywhere at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.persons import Erasure, Found, Person


def register(app: typer.Typer) -> None:
    app.command()(erase)


def erase(
    channel: Annotated[str, typer.Option(help="The channel they wrote on: telegram, slack, web ...")],
    sender: Annotated[str, typer.Option(help="What the channel calls the person, such as their Telegram id.")] = "",
    chat: Annotated[str, typer.Option(help="A whole chat instead, or as well.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person: what they wrote, what answered it, and what was made of either. It cannot be undone.

    Replies, prompts, reviews, corrections, opinions and the search index are wiped in one transaction; a late retry of
    the platform brings nothing back. The receipt says what was removed, and which exported data sets and models had
    words of theirs: those files are yours to delete. It may run beside a running bot.

    [bold]Examples[/bold]

      palaver erase --channel telegram --sender 123456789
      palaver erase --channel slack --sender U0123ABC --yes
      palaver erase --channel telegram --chat -100123456789
    """
    from bot.errors import SettingsError
    from bot.store.persons import Person

    if not (sender or chat):
        raise SettingsError("Say whose words: --sender, or --chat for everything in a chat.")
    raise typer.Exit(asyncio.run(_erase(Person(channel, sender, chat), agreed=yes)))


async def _erase(person: Person, *, agreed: bool) -> int:
    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade

    database = open_database(StoreSettings.load())
    try:
        await upgrade(database)
        return await _look_and_erase(database, person, agreed=agreed)
    finally:
        await database.close()


async def _look_and_erase(database: Database, person: Person, *, agreed: bool) -> int:
    from bot.store.persons import erase_person, find_person

    async with database.read() as connection:
        found = await find_person(connection, person)
    typer.echo(_what(found))
    if not found.turns or not (agreed or typer.confirm("Erase it for good?")):
        return 0 if not found.turns else 1
    async with database.begin() as connection:
        erasure = await erase_person(connection, person, "palaver erase")
    clean = await database.scrub()
    typer.echo("\n".join(_receipt(erasure, clean=clean)))
    return 0


def _what(found: Found) -> str:
    if not found.turns:
        return "There is nothing of this person."
    return f"{found.turns} turns in {len(found.conversations)} conversations are theirs, replies to them included."


def _receipt(erasure: Erasure, *, clean: bool) -> list[str]:
    made = erasure.provenance
    lines = [f"Receipt {erasure.id}. Removed:"]
    lines += [f"  {count} of {table}" for table, count in sorted(erasure.removed.items())]
    if made.sources:
        lines.append(f"Their words are in these exported data sets; delete the files: {', '.join(made.sources)}.")
        lines.append(f"Models that were trained on them: {', '.join(made.models) or 'none that is known here'}.")
    if made.unseen:
        lines.append(f"Not on this machine, so nobody looked what they learnt from: {', '.join(made.unseen)}.")
    if not clean:
        lines.append("Somebody is reading the database: its write-ahead log is emptied when they are done.")
    return [*lines, "Backups that you made hold what they held."]
