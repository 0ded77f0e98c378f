"""Reads dialogues, one JSON object a line: `{"id", "lang", "domain", "turns": [{"role", "text"}]}`.

Files end in `.jsonl`, or `.jsonl.xz` when packed. An error names the file and the line.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlg.contract import Line, Role
from nlg.errors import DataError


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, oldest line first. `domain` says what it is about, if the corpus does."""

    id: str
    language: str
    domain: str
    lines: tuple[Line, ...]


def find(folder: Path, source: str, split: str) -> Path:
    """The file of that source and split in `folder`; raise `DataError` when there is none."""
    names = [f"{source}.{split}.jsonl", f"{source}.{split}.jsonl.xz"]
    for path in (folder / name for name in names):
        if path.is_file():
            return path
    raise DataError(f"{folder} holds neither {' nor '.join(names)}. Say where the data is with --data.")


def read(path: Path) -> Iterator[Dialogue]:
    """Yield the dialogues of a file; raise `DataError` when one is not what the schema says."""
    opener = lzma.open if path.suffix == ".xz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):  # noqa: B007 - told to whoever catches
                if line.strip():
                    yield _dialogue(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path.name}, line {number or 1}: {_reason(error)}") from error
    except (EOFError, lzma.LZMAError) as error:
        raise DataError(f"{path.name} is damaged after line {number}: {error}. Copy the file again.") from error


def _dialogue(record: Mapping[str, Any]) -> Dialogue:
    lines = tuple(Line(Role(turn["role"]), _text(turn["text"])) for turn in record["turns"])
    if not lines:
        raise ValueError("a dialogue without turns")
    return Dialogue(str(record["id"]), str(record.get("lang", "")), str(record.get("domain", "")), lines)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the text of a turn is {type(value).__name__}, not a string")
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no {error.args[0]!r}"
    if isinstance(error, AttributeError):
        return "not a JSON object"
    return str(error)
