"""The examples of a corpus: several sources, one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nlg
from nlg.data import reading
from nlg.data.examples import Example, examples
from nlg.data.examples import questions as asked
from nlg.errors import DataError

SHIPPED = Path(nlg.__file__).parent / "corpora"
"""What comes with the package. A file of the same name in the owner's folder goes before it."""


def load(folder: Path, sources: Sequence[str], split: str) -> list[Example]:
    """Read a split of all sources; raise `DataError` when a file is missing, wrong, or has no reply to learn from."""
    files = [find(folder, source, split) for source in sources]
    found = examples(dialogue for file in files for dialogue in reading.read(file))
    if not found:
        names = ", ".join(file.name for file in files)
        raise DataError(f"{names}: no turn of an assistant follows one of a user, so there is nothing to learn.")
    return found


def questions(folder: Path, sources: Sequence[str], split: str) -> list[Example]:
    """Read what users ask, with its topic and without replies; raise `DataError` when a file is missing or wrong."""
    files = [find(folder, source, split) for source in sources]
    return asked(dialogue for file in files for dialogue in reading.read(file))


def find(folder: Path, source: str, split: str) -> Path:
    """The file of that source and split, the owner's or else the package's; raise `DataError` when there is none."""
    return reading.find(source, split, folder, SHIPPED)
