"""Folders that the `datasets` library saved (`save_to_disk`): Arrow files beside a `state.json`.

Only pyarrow is needed to read them, and only when there is such a folder. Its columns are the fields of our schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nlg.data.reading import Found
from nlg.errors import DataError

STATE, SPLITS = "state.json", "dataset_dict.json"
OTHER_NAMES = {"dev": "validation"}


def names(source: str, split: str) -> Sequence[str]:
    return [f"{source}/{name}" for name in (split, OTHER_NAMES.get(split)) if name]


def reads(path: Path) -> bool:
    return (path / STATE).is_file() or (path / SPLITS).is_file()


def records(path: Path) -> Iterator[Found]:
    arrow, number, before = _arrow(path), 0, 0
    for part in _parts(path):
        try:
            with arrow.memory_map(str(part)) as file:
                for batch in arrow.ipc.open_stream(file):
                    for record in batch.to_pylist():
                        number += 1
                        yield Found(number, _without_gaps(record), before + file.tell())
        except (arrow.ArrowInvalid, OSError) as error:
            raise DataError(f"{part} is damaged after row {number}: {error}. Save the dataset again.") from error
        before += part.stat().st_size


def _arrow(path: Path) -> Any:
    try:
        import pyarrow.ipc  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DataError(f"{path} is a folder of the datasets library: pip install 'palaver[datasets]'.") from error
    return pyarrow


def _parts(path: Path) -> list[Path]:
    try:
        if (path / SPLITS).is_file():
            splits = json.loads((path / SPLITS).read_text("utf-8"))["splits"]
            raise DataError(
                f"{path} holds several splits. Name one of them: {', '.join(str(path / x) for x in splits)}."
            )
        files = json.loads((path / STATE).read_text("utf-8"))["_data_files"]
        parts = [path / file["filename"] for file in files]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no folder of the datasets library: {error!r}. Save the dataset again.") from error
    missing = [part.name for part in parts if part.parent != path or not part.is_file()]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}. Copy the folder again.")
    return parts


def _without_gaps(record: dict[str, Any]) -> dict[str, Any]:
    """Arrow gives every row every column; a field that a row does not have is null."""
    return {name: value for name, value in record.items() if value is not None}
