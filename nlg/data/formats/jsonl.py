"""JSON lines: one object a line, `.jsonl`, `.jsonl.xz` or `.jsonl.gz`. Blank lines are passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlg.data import packing
from nlg.data.reading import Found
from nlg.data.rows import Record

ENDING = ".jsonl"


def names(source: str, split: str) -> Sequence[str]:
    return [f"{source}.{split}{ENDING}{packed}" for packed in packing.PACKINGS]


def reads(path: Path) -> bool:
    return packing.ending(path) == ENDING


def records(path: Path) -> Iterator[Found]:
    for line in packing.lines(path):
        if line.text.strip():
            yield Found(line.number, _record(path, line), line.consumed)


def _record(path: Path, line: packing.RawLine) -> Record:
    try:
        record = json.loads(line.text)
    except json.JSONDecodeError as error:
        reason = f"no JSON: {error.msg} at column {error.colno}. Each line is one whole JSON object"
        raise packing.wrong(path, line.number, reason) from error
    except (RecursionError, ValueError) as error:  # a number of thousands of digits is a ValueError
        raise packing.wrong(path, line.number, f"no JSON that can be read: {error}") from error
    if not isinstance(record, dict):
        raise packing.wrong(path, line.number, f"{type(record).__name__}, not a JSON object like {{...}}")
    return record
