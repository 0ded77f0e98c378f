"""Tables of pairs: columns `input`, `target` and, if wanted, `lang`, `task` and `id`; `.csv` or, with tabs, `.tsv`.

Packed (`.xz`, `.gz`) or not. Further columns are kept as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlg.data import packing
from nlg.data.reading import Found

DELIMITERS = {".csv": ",", ".tsv": "\t"}
NEEDED = ("input", "target")
HEADER = "The first line names the columns: input, target and, if wanted, lang, task, id"


def names(source: str, split: str) -> Sequence[str]:
    return [f"{source}.{split}{ending}{packed}" for ending in DELIMITERS for packed in packing.PACKINGS]


def reads(path: Path) -> bool:
    return packing.ending(path) in DELIMITERS


def records(path: Path) -> Iterator[Found]:
    lines = _Lines(path)
    table = csv.reader(lines, delimiter=DELIMITERS[packing.ending(path)], strict=True)
    try:
        columns = _columns(path, next(table, []))
        start = table.line_num + 1
        for cells in table:
            if cells:
                yield Found(start, _record(path, start, columns, cells), lines.consumed)
            start = table.line_num + 1
    except csv.Error as error:
        reason = f"no row of a table: {error}. A text with quotes, commas or line ends stands in double quotes"
        raise packing.wrong(path, table.line_num, reason) from error


class _Lines:
    """The lines for the table's reader, remembering how much of the file has been read."""

    def __init__(self, path: Path) -> None:
        self._lines = packing.lines(path)
        self.consumed = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.consumed = line.consumed
            yield line.text


def _columns(path: Path, header: Sequence[str]) -> list[str]:
    columns = [name.strip().lower() for name in header]
    missing = [name for name in NEEDED if name not in columns]
    if missing or len(set(columns)) < len(columns):
        reason = f"no column {' nor '.join(missing)}" if missing else "two columns with the same name"
        raise packing.wrong(path, 1, f"{reason}. {HEADER}")
    return columns


def _record(path: Path, number: int, columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        reason = f"{len(cells)} cells under {len(columns)} columns. Put texts that hold commas in double quotes"
        raise packing.wrong(path, number, reason)
    return {"id": f"{path.name.split('.')[0]}-{number}", **dict(zip(columns, cells, strict=True))}
