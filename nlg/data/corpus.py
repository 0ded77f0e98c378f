"""The examples of a corpus: several sources, one split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import nlg
from nlg.data import reading, swapping
from nlg.data.dialogues import Dialogue
from nlg.data.examples import Example, examples
from nlg.data.examples import questions as asked
from nlg.data.packing import wrong
from nlg.data.rows import Row
from nlg.errors import DataError

SHIPPED = Path(nlg.__file__).parent / "corpora"
"""What comes with the package. A file of the same name in the owner's folder goes before it."""


def load(folder: Path, sources: Sequence[str], split: str, more: Sequence[Path] = ()) -> list[Example]:
    """Read a split of all sources, and `more` files whatever they are called.

    Raises `DataError` when a file is missing, wrong, or when there is no reply to learn from.
    """
    files = [*(find(folder, source, split) for source in sources), *more]
    found = examples(chain(_dialogues(folder, sources, split), _read(more)))
    if not found:
        names = ", ".join(file.name for file in files)
        raise DataError(f"{names}: no turn of an assistant follows one of a user, so there is nothing to learn.")
    return found


def questions(folder: Path, sources: Sequence[str], split: str) -> list[Example]:
    """Read what users ask, with its topic and without replies; raise `DataError` when a file is missing or wrong."""
    return asked(_dialogues(folder, sources, split))


def reviews(files: Sequence[Path]) -> list[Example]:
    """Read files by their path; raise `DataError` when one is missing, wrong, or nothing can be learnt from them."""
    return load(Path(), (), "", files) if files else []


def rows(folder: Path, source: str, split: str) -> Iterator[Row]:
    """Yield the rows of a source, from the other side where its name says so; raise `DataError`."""
    path = find(folder, source, split)
    for row in reading.rows(path):
        yield _swapped(path, row) if swapping.is_swapped(source) else row


def find(folder: Path, source: str, split: str) -> Path:
    """The file of that source and split, the owner's or else the package's; raise `DataError` when there is none."""
    return reading.find(swapping.plain(source), split, folder, SHIPPED)


def _swapped(path: Path, row: Row) -> Row:
    try:
        return swapping.swapped(row)
    except ValueError as error:
        raise wrong(path, row.number, f"{error}. Name the source without {swapping.ENDING}") from error


def _dialogues(folder: Path, sources: Sequence[str], split: str) -> Iterator[Dialogue]:
    found = (row.content.dialogue for source in sources for row in rows(folder, source, split))
    return (dialogue for dialogue in found if dialogue.lines)


def _read(files: Sequence[Path]) -> Iterator[Dialogue]:
    return (dialogue for file in files for dialogue in reading.read(file))
