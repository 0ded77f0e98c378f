"""Makes a data set: gathers its rows on the disk, gives them their version, and writes them out as lines or a table.

The version's name holds a digest of all rows, so no row can be written before the last was read. Rows wait in a
temporary file meanwhile: memory stays the same however many there are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, cast

from bot import exports
from bot.cells import safe
from bot.errors import SettingsError
from bot.exports import Kind, Record
from bot.plugins import load_plugin, plugin_names
from bot.redaction import Redactor, clean
from bot.store.database import Database
from bot.store.datasets import Content, Version, keep_sources, version_of
from bot.store.exporting import Selection

FORMATS = ("jsonl", "csv")
SOURCES = 500
"""Conversations that are noted at a time."""
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for something else, and Chinese for noise."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to export: the kind of data set, how personal data is taken out, and of what."""

    kind: str
    way: Redactor
    wanted: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set on the disk. `rows` may be read once; it is gone when its context ends."""

    version: Version
    content: Content
    _kind: Kind
    _file: IO[bytes]

    def chunks(self, form: str) -> Iterator[bytes]:
        """Yield the file in pieces, as `jsonl` or `csv`."""
        return self._lines() if form == "jsonl" else self._table()

    def _lines(self) -> Iterator[bytes]:
        head = f'{{"dataset": {json.dumps(self.version.name)}, '.encode()
        self._file.seek(0)
        for line in self._file:
            yield head + line[1:]

    def _table(self) -> Iterator[bytes]:
        columns = self._kind.COLUMNS
        yield BOM.encode() + _row(columns)
        self._file.seek(0)
        for line in self._file:
            record = {"dataset": self.version.name, **json.loads(line)}
            for one in self._kind.lines(record):
                yield _row([one.get(name) for name in columns])

    def conversations(self) -> Iterator[int]:
        """Yield the conversations whose words are in it, some of them more than once."""
        self._file.seek(0)
        for line in self._file:
            record = json.loads(line)
            yield int(record.get("source", record)["conversation"])


def kinds() -> list[str]:
    return plugin_names(exports)


@asynccontextmanager
async def make_dataset(
    database: Database, order: Order, tell: Callable[[int], None] = lambda _: None
) -> AsyncIterator[Dataset]:
    """Gather a data set and number it; `tell` hears how many rows there are so far.

    Raises `SettingsError` for a kind that does not exist, and `StoreDown`.
    """
    kind = cast("Kind", load_plugin(exports, order.kind))
    with tempfile.TemporaryFile() as file:
        content = await _gather(database, kind, order, cast("IO[bytes]", file), tell)
        async with database.begin() as connection:
            version = await version_of(connection, content)
        made = Dataset(version, content, kind, cast("IO[bytes]", file))
        await _note(database, made)
        yield made


async def _gather(
    database: Database, kind: Kind, order: Order, file: IO[bytes], tell: Callable[[int], None]
) -> Content:
    digest, count = hashlib.sha256(), 0
    async with database.read() as connection:
        async for record in kind.records(connection, order.wanted):
            line = _line({**clean(record, order.way), "redaction": order.way.STATE})
            digest.update(line)
            file.write(line)
            count += 1
            tell(count)
    return Content(order.kind, digest.hexdigest(), count, order.way.STATE)


async def _note(database: Database, made: Dataset) -> None:
    numbers = made.conversations()
    while page := sorted(set(islice(numbers, SOURCES))):
        async with database.begin() as connection:
            await keep_sources(connection, made.version, page)


def _line(record: Record) -> bytes:
    """A row as JSON on one line. Halves of characters, which UTF-8 does not know, stand as JSON escapes them."""
    text = json.dumps(record, ensure_ascii=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record).encode() + b"\n"


def _row(values: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([safe(value) for value in values])
    return text.getvalue().encode("utf-8", "replace")


def check_form(form: str) -> str:
    """Return the form. Raises `SettingsError` for one that is not known."""
    if form not in FORMATS:
        raise SettingsError(f"{form!r} is no form of a file that can be written. Known are: {', '.join(FORMATS)}.")
    return form
