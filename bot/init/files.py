"""Reads and writes `palaver.toml` and `.env`, and keeps what else stands in them."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import tomlkit
from dotenv.parser import Binding, parse_stream
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from bot.errors import SettingsError
from bot.facts import LANGUAGES

PRIVATE = 0o600


class Held(Protocol):
    """A file as it stands and as it will: values by name, and the whole text. Nothing is written before `write`."""

    def get(self, name: str) -> str: ...

    def put(self, name: str, value: str | int) -> None: ...

    @property
    def text(self) -> str: ...


def _text_of(path: Path) -> str:
    """Read it with its line ends as they are. Raises `UnicodeDecodeError`, else `SettingsError`."""
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}. Mend that or move it away.") from None


class FactsFile:
    """`[business]` of the settings file. `company` is for both languages, `zh.company` for one.

    Raises `SettingsError` for a file that is no TOML, or where `business` is no table.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._document = tomlkit.parse(_text_of(path))
        except (TOMLKitError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} cannot be read: {error}. Mend that line or move the file away.") from None
        for name in ((), *((language,) for language in LANGUAGES)):
            if not isinstance(self._at("business", *name) or {}, Mapping):
                raise SettingsError(f"{path}: {'.'.join(('business', *name))} must be a table.")

    def get(self, name: str) -> str:
        """Return what stands there, empty where nothing does."""
        value = self._at("business", *name.split("."))
        return "" if value is None else str(value)

    def put(self, name: str, value: str | int) -> None:
        *languages, fact = name.split(".")
        table = self._table(self._document, "business")
        for language in languages:
            table = self._table(table, language)
        table[fact] = value

    @property
    def text(self) -> str:
        return tomlkit.dumps(self._document)

    def _at(self, *names: str) -> object:
        found: object = self._document
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    @staticmethod
    def _table(parent: MutableMapping[str, Any], name: str) -> MutableMapping[str, Any]:
        if name not in parent:
            parent[name] = tomlkit.inline_table() if isinstance(parent, InlineTable) else tomlkit.table()
        table: MutableMapping[str, Any] = parent[name]
        return table


class TokensFile:
    """`.env`: a line for each variable. Where a name stands as a comment without a value, the value goes there.

    `export` before a name stays.

    Raises `SettingsError` for a file that is no UTF-8.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._text = _text_of(path)
        except UnicodeDecodeError:
            raise SettingsError(f"{path} cannot be read: it is not UTF-8. Mend it or move it away.") from None

    def get(self, name: str) -> str:
        """Return what stands there, empty where nothing does."""
        found = [binding.value or "" for binding in self._bindings() if binding.key == name]
        return found[-1] if found else ""

    def put(self, name: str, value: str | int) -> None:
        line, bindings = f"{name}={value}\n", self._bindings()
        places = [n for n, binding in enumerate(bindings) if binding.key == name]
        places = places or [n for n, binding in enumerate(bindings) if _lines_of(binding).strip() == f"#{name}="][:1]
        texts = [_instead(binding, line) if n in places else _lines_of(binding) for n, binding in enumerate(bindings)]
        self._text = "".join(texts)
        if not places:
            self._text += ("" if self._text.endswith("\n") or not self._text else "\n") + line

    @property
    def text(self) -> str:
        return self._text

    def _bindings(self) -> list[Binding]:
        return list(parse_stream(io.StringIO(self._text)))


def _lines_of(binding: Binding) -> str:
    """The binding as it was written, with blank lines before it."""
    return binding.original.string


def _instead(binding: Binding, line: str) -> str:
    old = _lines_of(binding)
    kept = "export " if old.lstrip().startswith("export ") else ""
    return old[: len(old) - len(old.lstrip())].rstrip(" \t") + kept + line


def write(path: Path, text: str, mode: int | None = None) -> None:
    """Put the text in place at once, so that nobody sees half of it; a link stays a link.

    A new file is for its owner only. `mode` is what an old one allows from now on; left out, it keeps its own.
    Raises `SettingsError`.
    """
    path = path.resolve()
    try:
        allowed = mode or (path.stat().st_mode & 0o777 if path.exists() else PRIVATE)
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text, allowed)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}. Nothing in it was changed.") from None


def _replace(path: Path, text: str, mode: int) -> None:
    handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for its owner only, from the start
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, mode)  # noqa: PTH101 - a name of tempfile
        os.replace(fresh, path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)  # noqa: PTH108
        raise
