"""The examples of a corpus: several sources, one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nlg.data import reading
from nlg.data.examples import Example, examples
from nlg.errors import DataError


def load(folder: Path, sources: Sequence[str], split: str) -> list[Example]:
    """Read a split of all sources; raise `DataError` when a file is missing, wrong, or has no reply to learn from."""
    files = [reading.find(folder, source, split) for source in sources]
    found = examples(dialogue for file in files for dialogue in reading.read(file))
    if not found:
        names = ", ".join(file.name for file in files)
        raise DataError(f"{names}: no turn of an assistant follows one of a user, so there is nothing to learn.")
    return found
