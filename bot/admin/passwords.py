"""Hashes passwords with argon2id, off the event loop and few at a time, and says which are too weak."""

from __future__ import annotations

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 15, 256
"""Characters; OWASP ASVS 5.0, 6.2.1. Longer ones are refused, because hashing them costs."""
DISTINCT = 6
AT_ONCE = 2
"""Each hash takes 64 MB and tens of milliseconds: a flood of logins must not take the machine."""
FAMOUS = ("password", "passw0rd", "qwertyuiop", "1234567890", "letmein", "iloveyou", "palaver", "administrator")


class Passwords:
    """`hasher` holds the parameters of argon2id; the library's default is RFC 9106's second recommendation."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Say whether it is the password. Without a hash it takes as long, so that nobody learns which names exist."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password[:MOST], hashed or self._nobody) and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Say whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("")

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, name: str = "") -> str:
    """Return the word that says what is wrong with a new password, or an empty string.

    Length counts, not kinds of characters (ASVS 6.2.5): a short sentence is a good password.
    """
    if len(password) < LEAST:
        return "password.short"
    if len(password) > MOST:
        return "password.long"
    rest = password.casefold()
    for famous in (*FAMOUS, name.casefold()):
        rest = rest.replace(famous, "") if famous else rest
    return "password.common" if len(set(rest)) < DISTINCT else ""
