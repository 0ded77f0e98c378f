"""Makes users, from the command line and from invitations."""

from __future__ import annotations

from bot.admin.passwords import Passwords, weakness
from bot.errors import SettingsError
from bot.staff import Role
from bot.store.database import Database
from bot.store.staff.audit import note
from bot.store.staff.sessions import end_sessions
from bot.store.staff.users import Users, add_user, change_user, name_taken

MOST = 64
"""Characters of a name."""
SENTENCES = {
    "password.short": "Use 15 characters or more for the password. A short sentence is a good one.",
    "password.long": "Use 256 characters or fewer for the password.",
    "password.common": "This password is too easy to guess. Use a few words that do not belong together.",
    "account.name.bad": f"Give a name of 1 to {MOST} characters that can be seen.",
    "account.name.taken": "There is somebody of this name already. Choose another name.",
}
"""The same as the pages say, for the command line, which speaks English."""


def fault_in(name: str, password: str) -> str:
    """Return the word that says what is wrong with the name or the password of a new user, or an empty string."""
    if not 0 < len(name) <= MOST or not name.isprintable() or name != name.strip():
        return "account.name.bad"
    return weakness(password, name)


def refuse_weak(name: str, password: str) -> None:
    """Raise `SettingsError` that says what is wrong."""
    fault = fault_in(name, password)
    if fault:
        raise SettingsError(SENTENCES[fault])


async def sign_up(database: Database, passwords: Passwords, name: str, password: str, role: Role) -> int:
    """Store a user whose name and password are good; return the id. Raises `SettingsError` for a name that is taken."""
    hashed = await passwords.hash(password)
    async with database.begin() as connection:
        if await name_taken(connection, name):
            raise SettingsError(SENTENCES["account.name.taken"])
        user = await add_user(connection, name, hashed, role)
        await note(connection, None, "user.made", f"user {user}", {"role": role.value, "where": "command line"})
    return user


async def new_password(database: Database, passwords: Passwords, name: str, password: str) -> None:
    """Change the password of a user, ending all their sessions. Raises `SettingsError` where there is no such user."""
    found = await Users(database).secret(name)
    if found is None:
        raise SettingsError(f"Nobody called {name!r} can sign in. `palaver admin create` makes a user.")
    hashed, user = await passwords.hash(password), found[0]
    async with database.begin() as connection:
        await change_user(connection, user.id, password=hashed)
        await end_sessions(connection, user.id, devices=True)
        await note(connection, None, "user.password_changed", f"user {user.id}", {"where": "command line"})
