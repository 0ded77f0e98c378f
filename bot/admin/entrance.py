"""Lets in who knows the password, and slows down who guesses, without locking the owner out."""

from __future__ import annotations

import ipaddress
from math import ceil

from bot.admin.errors import Refused
from bot.admin.visit import Visit
from bot.staff import User
from bot.store.staff.attempts import succeeded, try_once
from bot.store.staff.sessions import begin_session, end_sessions, knows_device
from bot.store.staff.users import Users, change_user


class TooMany(Refused):
    """Too many wrong passwords came from there; the next is looked at after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(429, "entry.too_many", n=seconds)
        self.seconds = seconds


class Entrance:
    """Checks passwords.

    Wrong ones are counted by the client's address. A browser in which the user has signed in before is counted by
    itself: whoever guesses elsewhere, even behind the same proxy, cannot keep the owner out of the browser they use.
    No count belongs to a name alone, so nobody can lock a name.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._device: str = visit.request.state.device

    async def enter(self, name: str, password: str) -> str | None:
        """Return the token of a new session, `None` for a wrong name or password. Raises `TooMany`, `StoreDown`."""
        passwords = self._visit.desk.passwords
        user, hashed = await Users(self._visit.database).secret(name) or (None, None)
        source = await self._count(user)
        if not await passwords.matches(password, hashed) or user is None or hashed is None:
            await self._visit.saw("session.refused", f"user {user.id}" if user else "")
            return None
        if passwords.outdated(hashed):
            hashed = await passwords.hash(password)
        return await self._begin(source, user, hashed)

    async def _count(self, user: User | None) -> str:
        """Return whom the attempt was counted for. Raises `TooMany` where that source has to wait."""
        async with self._visit.database.begin() as connection:
            source = f"client {network(self._visit.client)}"
            if user and await knows_device(connection, user.id, self._device):
                source = f"device {self._device} {user.id}"
            seconds = await try_once(connection, source)
        if seconds:
            raise TooMany(ceil(seconds))
        return source

    async def _begin(self, source: str, user: User, hashed: str) -> str:
        visit = self._visit
        agent = visit.request.headers.get("user-agent", "")
        async with visit.database.begin() as connection:
            await succeeded(connection, source)
            await change_user(connection, user.id, password=hashed)
            if visit.session:
                await end_sessions(connection, visit.user.id, only=visit.session.id)
            await visit.note(connection, "session.began", f"user {user.id}", by=user)
            return await begin_session(connection, user.id, self._device, agent, visit.client)


def network(client: str) -> str:
    """Return what one person has of addresses: an IPv4 address, or the 64 bits that an IPv6 line is given."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else client
