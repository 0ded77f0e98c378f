"""A teacher that was asked beforehand, and what it held for likely is on the disk.

The folder has a row for each place of each reply: the likeliest tokens with their log-probabilities, and what the rest
has together. Rows are mapped into memory, so a cache may be larger than it. Teachers run once, many students read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nlg.data.batches import Batch
from nlg.errors import RecipeError, TrainingError
from nlg.interfaces import IGNORED
from nlg.lessons import Lesson, Part, Signal
from nlg.teaching import Teacher, bare
from nlg.training.disk import kept_whole, put

INDEX, TOKENS, ODDS = "index.json", "tokens.u16", "odds.f16"
MOST_TOKENS = 1 << 16
"""That many numbers of tokens there are in 16 bits."""
ODDS_PART: frozenset[Part] = frozenset({"odds"})


class Cached:
    """Reads a folder that `write` wrote; raise `RecipeError` when it is none."""

    def __init__(self, folder: Path) -> None:
        try:
            told = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            self.vocabulary: str = told["vocabulary"]
            self._first: dict[str, int] = told["rows"]
            shape = (told["places"], told["most"])
            self._tokens = np.memmap(folder / TOKENS, dtype=np.uint16, mode="r", shape=shape)
            self._odds = np.memmap(folder / ODDS, dtype=np.float16, mode="r", shape=(shape[0], shape[1] + 1))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecipeError(
                f"{folder} holds no odds of a teacher: {error}. Write them with palaver distil --cache."
            ) from error

    def check(self, parts: frozenset[Part]) -> None:
        if parts - ODDS_PART:
            raise RecipeError(
                f"odds that were written down cannot tell {', '.join(sorted(parts - ODDS_PART))}. Name the teacher's "
                "own folder under teacher.path, or leave those losses out."
            )

    def __call__(self, batch: Batch, parts: frozenset[Part]) -> Lesson:
        lesson = bare(batch)
        return replace(lesson, signal=self._signal(batch)) if parts else lesson

    def _signal(self, batch: Batch) -> Signal:
        width, most = batch.targets.shape[1], self._tokens.shape[1]
        tokens = np.zeros((len(batch.targets), width, most), dtype=np.int64)
        odds = np.zeros((len(batch.targets), width, most + 1), dtype=np.float32)
        for row, (key, places) in enumerate(_keys(batch)):
            start = self._place(key)
            tokens[row, :places] = self._tokens[start : start + places]
            odds[row, :places] = self._odds[start : start + places]
        device = batch.targets.device
        told = torch.from_numpy(odds).to(device)
        return Signal(told[..., :-1], torch.from_numpy(tokens).to(device), told[..., -1])

    def _place(self, key: str) -> int:
        try:
            return self._first[key]
        except KeyError:
            raise TrainingError(
                "a context with this reply is not among the odds that were written down. Write them anew with "
                "palaver distil --cache, for the sources and the text.context of this recipe."
            ) from None


def write(folder: Path, teacher: Teacher, batches: Iterable[Batch], most: int, vocabulary: str) -> int:
    """Ask `teacher` for all batches and write down its likeliest `most` tokens; return the number of places.

    `vocabulary` is the digest of the tokenizer. The index comes last, so a folder without one was not finished.
    Raises `TrainingError` when the disk is full, and `RecipeError` for more tokens than can be written down.
    """
    first: dict[str, int] = {}
    total = 0
    with kept_whole(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / INDEX).unlink(missing_ok=True)
        with (folder / TOKENS).open("wb") as tokens, (folder / ODDS).open("wb") as odds:
            for key, likely, told in _rows(teacher, batches, most):
                if key in first:
                    continue
                first[key] = total
                total += len(likely)
                tokens.write(likely.tobytes())
                odds.write(told.tobytes())
        index = {"vocabulary": vocabulary, "most": most, "places": total, "rows": first}
        put(folder / INDEX, json.dumps(index).encode())
    return total


def _rows(teacher: Teacher, batches: Iterable[Batch], most: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for batch in batches:
        signal = teacher(batch, ODDS_PART).signal
        assert signal is not None  # noqa: S101 - odds were asked for
        if signal.tokens is None and signal.odds.shape[-1] > MOST_TOKENS:
            raise RecipeError(
                f"odds of {signal.odds.shape[-1]} tokens cannot be written down, of {MOST_TOKENS} at most."
            )
        cut = signal.cut(most)
        assert cut.tokens is not None  # noqa: S101 - it was cut
        assert cut.rest is not None  # noqa: S101 - it was cut
        told = torch.cat([cut.odds, cut.rest.unsqueeze(-1)], dim=-1)
        for row, (key, places) in enumerate(_keys(batch)):
            yield key, _short(cut.tokens[row, :places], np.uint16), _short(told[row, :places], np.float16)


def _short(values: Tensor, kind: type[np.generic]) -> np.ndarray:
    return values.cpu().numpy().astype(kind)


def _keys(batch: Batch) -> Iterator[tuple[str, int]]:
    """A name for each context with its reply, and how many places the reply has."""
    contexts, lengths, targets = batch.contexts.tolist(), batch.lengths.tolist(), batch.targets.tolist()
    for context, length, target in zip(contexts, lengths, targets, strict=True):
        said = [token for token in target if token != IGNORED]
        yield _digest(context[:length], said), len(said)


def _digest(context: Sequence[int], said: Sequence[int]) -> str:
    return hashlib.blake2b(json.dumps([context, said]).encode(), digest_size=12).hexdigest()
