"""Takes secrets out of text that leaves the process."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from bot.settings import settings_file

HIDDEN = "[hidden]"
SHORTEST = 6
"""A known secret with fewer characters is not searched for: it would hide ordinary words."""

_SECRET_NAME = re.compile(r"token|secret|passw|credential|_key$|^key$", re.IGNORECASE)
_SHAPES = (
    (re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}"), HIDDEN),  # Telegram
    (re.compile(r"\bx(?:ox[a-z]|app|oxe\.xox[a-z])-[A-Za-z0-9-]{6,}"), HIDDEN),  # Slack
    (re.compile(r"(\w://)[^/\s@:]*:[^/\s]*@"), rf"\1{HIDDEN}@"),  # user and password in a URL
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(r"((?:token|secret|password|passwd)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&}\]]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
)


class Redactor:
    """Hides the secrets it knows, and whatever has the shape of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first: a secret may hold a shorter one.
        known = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text


def known_secrets() -> set[str]:
    """Return the secrets among the settings: environment, `.env`, and the settings file. Unreadable files hold none."""
    found = _named(os.environ)
    with suppress(OSError, UnicodeDecodeError):
        found |= _named(dotenv_values(".env"))
    with suppress(OSError, ValueError):
        found |= _in_tables(tomllib.loads(settings_file().read_text("utf-8")))
    return found


def _named(values: Mapping[str, str | None]) -> set[str]:
    ours = {name: value for name, value in values.items() if name.startswith(("PALAVER_", "POSTGRES_")) and value}
    return {secret for name, value in ours.items() for secret in _in_setting(name, str(value))}


def _in_tables(table: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _in_tables(value)
        elif isinstance(value, str):
            found |= _in_setting(name, value)
    return found


def _in_setting(name: str, value: str) -> set[str]:
    if _SECRET_NAME.search(name):
        return {value}
    with suppress(ValueError):
        password = urlsplit(value).password
        return {password, unquote(password)} if password else set()
    return set()
