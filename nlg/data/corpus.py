"""The examples of a corpus: several sources, one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nlg.data import dialogues
from nlg.data.examples import Example, examples


def load(folder: Path, sources: Sequence[str], split: str) -> list[Example]:
    """Read a split of all sources; raise `DataError` when a file is missing or wrong."""
    files = [dialogues.find(folder, source, split) for source in sources]
    return examples(dialogue for file in files for dialogue in dialogues.read(file))
