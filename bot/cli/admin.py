"""`palaver admin ...`: who may use the admin pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.staff import Role


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="The admin pages: who may use them.", no_args_is_help=True)
    commands.callback()(admin)
    commands.command()(create)
    commands.command()(password)
    app.add_typer(commands, name="admin")


def admin() -> None:
    """The admin pages: who may use them."""


def create(
    name: Annotated[str, typer.Option(help="The name to sign in with. Asked for where it is not given.")] = "",
    role: Annotated[str, typer.Option(help="viewer, reviewer or admin.")] = "admin",
    invite: Annotated[
        bool, typer.Option("--invite", help="Print a link that lets one person choose a name and a password, once.")
    ] = False,
    password: Annotated[
        str, typer.Option(metavar="-", help="`-` reads the password from standard input instead of asking.")
    ] = "",
) -> None:
    """Make a user of the admin pages. It asks for the name and the password; there is no default.

    It may run beside a running bot. The pages are at /admin of `palaver run`.

    [bold]Examples[/bold]

      palaver admin create
      palaver admin create --invite --role reviewer
      palaver admin create --name ann --password - < password.txt
    """
    import asyncio

    rank = _role(role)
    if invite:
        typer.echo(asyncio.run(_invite(rank)))
        return
    name = name.strip() or str(typer.prompt("Name")).strip()
    asyncio.run(_create(name, _password(name, password), rank))
    typer.echo(f"{name} can sign in at {_address()}")


def password(name: Annotated[str, typer.Argument(help="The name of the user.")]) -> None:
    """Give a user a new password, for one who has forgotten theirs. All their sessions end.

    [bold]Examples[/bold]

      palaver admin password ann
      palaver admin password ann < password.txt
    """
    import asyncio
    import sys

    given = "" if sys.stdin.isatty() else "-"
    asyncio.run(_change(name, _password(name, given)))
    typer.echo(f"{name} has a new password.")


def _role(role: str) -> Role:
    from bot.errors import SettingsError
    from bot.staff import Role

    if role not in list(Role):
        raise SettingsError(f"There is no role {role!r}. Give --role viewer, reviewer or admin.")
    return Role(role)


def _password(name: str, given: str) -> str:
    """Read a password that is good enough. Raises `SettingsError`."""
    import sys

    from bot.admin.signing_up import refuse_weak
    from bot.errors import SettingsError

    if given not in ("", "-"):
        raise SettingsError("--password takes only -, because other users can see what a command is called with.")
    if given == "-":
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(typer.prompt("Password (15 characters or more)", hide_input=True, confirmation_prompt=True))
    refuse_weak(name, password)
    return password


async def _create(name: str, password: str, role: Role) -> None:
    from bot.admin.passwords import Passwords
    from bot.admin.signing_up import sign_up
    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade

    database = open_database(StoreSettings.load())
    try:
        await upgrade(database)
        await sign_up(database, Passwords(), name, password, role)
    finally:
        await database.close()


async def _change(name: str, password: str) -> None:
    from bot.admin.passwords import Passwords
    from bot.admin.signing_up import new_password
    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade

    database = open_database(StoreSettings.load())
    try:
        await upgrade(database)
        await new_password(database, Passwords(), name, password)
    finally:
        await database.close()


async def _invite(role: Role) -> str:
    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade
    from bot.store.staff.audit import note
    from bot.store.staff.invitations import invite

    database = open_database(StoreSettings.load())
    try:
        await upgrade(database)
        async with database.begin() as connection:
            token = await invite(connection, role)
            await note(connection, None, "invitation.made", detail={"role": role.value, "where": "command line"})
    finally:
        await database.close()
    return f"{_address()}/invitation/{token}"


def _address() -> str:
    from bot.admin.settings import AdminSettings
    from bot.http.settings import HttpSettings

    http = HttpSettings.load()
    host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else http.host  # noqa: S104 - read, not listened on
    return f"{AdminSettings.load().url.rstrip('/') or f'http://{host}:{http.port}'}/admin"
