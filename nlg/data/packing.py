"""Reads text files line by line, packed (`.xz`, `.gz`) or not, in constant memory."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from nlg.errors import DataError

LONGEST = 16 * 1024 * 1024
"""Bytes of a line at most: a packed file of a few kilobytes could hold one that fills the memory."""
PACKINGS = ("", ".xz", ".gz")


class RawLine(NamedTuple):
    """A line with its number, counted from 1, and how many bytes of the file have been read up to it."""

    number: int
    text: str
    consumed: int


def wrong(path: Path, number: int, reason: object) -> DataError:
    """The error for a line that is not what it should be."""
    return DataError(f"{path.name}, line {number}: {reason}.")


def ending(path: Path) -> str:
    """What a name ends in without its packing: `.jsonl` for `a.train.jsonl.xz`."""
    bare = path.with_suffix("") if path.suffix in PACKINGS else path
    return bare.suffix.lower()


def open_packed(file: IO[bytes], packing: str, mode: str) -> IO[bytes]:
    """Read (`rb`) or write (`wb`) a file through its packing: `.xz`, `.gz` or none."""
    if packing == ".xz":
        return cast("IO[bytes]", lzma.open(file, mode))
    if packing == ".gz":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode=mode, mtime=0))
    return file


def lines(path: Path) -> Iterator[RawLine]:
    """Yield the lines with their ends; raise `DataError` for what cannot be read, unpacked or decoded."""
    number = 0
    try:
        with path.open("rb") as packed, open_packed(packed, path.suffix, "rb") as file:
            while line := file.readline(LONGEST + 1):
                number += 1
                yield RawLine(number, _decoded(path, number, line), packed.tell())
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} is damaged after line {number}: {error}. Copy the file again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _decoded(path: Path, number: int, line: bytes) -> str:
    if len(line) > LONGEST:
        raise wrong(path, number, f"longer than {LONGEST // 1024 // 1024} MiB. One record a line is expected")
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8. Save the file as UTF-8 and try again"
        raise wrong(path, number, reason) from error
