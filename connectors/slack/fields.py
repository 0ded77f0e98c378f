"""Reads fields of payloads that may hold anything. Wrong types are `Unusable`, missing ones empty."""

from __future__ import annotations

import re
from typing import Any

from bot.untrusted import Unusable

MAX_NAME = 255
_TIMESTAMP = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)


def words(table: dict[str, Any], name: str) -> str:
    """Return a text of any length, empty where it is missing or null."""
    value = table.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unusable(f"{name} is not text")
    return value


def ident(table: dict[str, Any], name: str) -> str:
    """Return a short text such as an id."""
    value = words(table, name)
    if len(value) > MAX_NAME:
        raise Unusable(f"{name} is too long")
    return value


def needed(table: dict[str, Any], name: str) -> str:
    """Return an id that must be there."""
    value = ident(table, name)
    if not value:
        raise Unusable(f"no {name}")
    return value


def timestamp(table: dict[str, Any], name: str = "ts") -> str:
    """Return a message's timestamp, which is also its id: `1726133700.887259`."""
    value = needed(table, name)
    if not _TIMESTAMP.fullmatch(value):
        raise Unusable(f"{name} is not a timestamp")
    return value


def table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object, empty where it is missing or null."""
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unusable(f"{name} is not an object")
    return value
