"""Reads data files of any format and schema. An error names the file and the line, and says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from nlg import folders
from nlg.data import formats, schemas
from nlg.data.dialogues import Dialogue
from nlg.data.packing import wrong
from nlg.data.rows import Content, Record, Row
from nlg.errors import DataError

Watch = Callable[[int], None]
"""Told how many bytes of the file have been read."""


class Found(NamedTuple):
    """A record with its line, counted from 1, and how many bytes of the file have been read up to it."""

    number: int
    record: Record
    consumed: int


class Format(Protocol):
    """A plugin in `nlg.data.formats`."""

    def names(self, source: str, split: str) -> Sequence[str]:
        """What the files of that source and split may be called, best first."""

    def reads(self, path: Path) -> bool:
        """Whether the path is in this format, by its name or by what it holds."""

    def records(self, path: Path) -> Iterator[Found]:
        """Yield the records one by one; raise `DataError`."""


class Schema(Protocol):
    """A plugin in `nlg.data.schemas`."""

    NEEDS: frozenset[str]

    def content(self, record: Record) -> Content:
        """Read a record; raise `ValueError`."""


def find(source: str, split: str, *folders: Path) -> Path:
    """The file (or folder) of that source and split in the first folder that has one; raise `DataError` if none has."""
    names = [name for plugin in all_formats().values() for name in plugin.names(source, split)]
    for path in (folder / name for folder in folders for name in names):
        if path.exists():
            return path
    raise DataError(f"{folders[0]} holds neither {' nor '.join(names)}. Say where the data is with --data.")


def read(path: Path) -> Iterator[Dialogue]:
    """Yield the dialogues of a file, without those that leave nothing to read; raise `DataError`."""
    return (row.content.dialogue for row in rows(path) if row.content.dialogue.lines)


def rows(path: Path, watch: Watch = lambda _: None) -> Iterator[Row]:
    """Yield the rows of a file one by one; raise `DataError` when one is wrong, or when there is none."""
    number = 0
    for number, record, consumed in _format(path).records(path):
        yield _row(path, number, record)
        watch(consumed)
    if not number:
        raise DataError(f"{path} is empty: there is not one record in it.")


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 when there is none."""
    files = path.rglob("*.arrow") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _format(path: Path) -> Format:
    if not path.exists():
        raise DataError(f"{path} does not exist.")
    for plugin in all_formats().values():
        if plugin.reads(path):
            return plugin
    endings = [name.removeprefix("x.y") for plugin in all_formats().values() for name in plugin.names("x", "y")]
    known = ", ".join(ending for ending in endings if ending.startswith("."))
    raise DataError(f"{path} is in no format that can be read: {known}, or a folder that the datasets library saved.")


def _row(path: Path, number: int, record: Record) -> Row:
    name, schema = max(all_schemas().items(), key=lambda named: _fit(named[1], record))
    try:
        _complete(name, schema, record)
        return Row(number, name, record, schema.content(record))
    except ValueError as error:
        raise wrong(path, number, f"{error}. What lines look like is in docs/data.md") from error


def _fit(schema: Schema, record: Record) -> tuple[float, int]:
    """The share of its fields that a schema finds; of two that find all, the one that asks for more fits better."""
    return len(schema.NEEDS & record.keys()) / len(schema.NEEDS), len(schema.NEEDS)


def _complete(name: str, schema: Schema, record: Record) -> None:
    missing = sorted(schema.NEEDS - record.keys())
    if len(missing) == len(schema.NEEDS):
        known = "; ".join(f"{name}: {', '.join(sorted(one.NEEDS))}" for name, one in all_schemas().items())
        raise ValueError(f"no fields of anything that is known here ({known})")
    if missing:
        raise ValueError(f"no {' nor '.join(map(repr, missing))}, as a line of the schema {name!r} has")


@cache
def all_formats() -> Mapping[str, Format]:
    """The formats by name."""
    return cast("Mapping[str, Format]", folders.plugins(formats))


@cache
def all_schemas() -> Mapping[str, Schema]:
    """The schemas by name."""
    return cast("Mapping[str, Schema]", folders.plugins(schemas))
