"""Has a teacher reply to everything a student will read, once, before training: sequence-level distillation.

Kim and Rush (2016), sections 3.2 and 3.3. What was written is kept beside the run, a line an example in their order, so
a run that was cut does not ask again. Examples without replies get one here: that is how more questions teach more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sacrebleu

from nlg.beam import Found
from nlg.data.batches import Encoded
from nlg.data.examples import Example
from nlg.errors import TrainingError
from nlg.evaluation.progress import Done
from nlg.teaching.authors import Author
from nlg.teaching.filters import worth
from nlg.tokenizer import ReplyTokenizer
from nlg.training.disk import kept_whole, put

AT_ONCE = 256
"""Examples that an author is given together, unless it is said otherwise."""


class Written:
    """The teacher's replies in a file, written by `author` as far as they are not there yet."""

    def __init__(
        self,
        path: Path,
        author: Author,
        tokenizer: ReplyTokenizer,
        nearest: bool = False,
        together: int = AT_ONCE,
    ) -> None:
        self._path, self._author, self._tokenizer = path, author, tokenizer
        self._nearest, self._together = nearest, together

    def complete(self, examples: Sequence[Example], done: Done) -> list[list[int]]:
        """One reply in tokens for each example, empty where none was worth reading; raise `TrainingError`."""
        there = self._read()[: len(examples)]
        done(len(there))
        with kept_whole(self._path.parent), self._path.open("a", encoding="utf-8") as file:
            for at in range(len(there), len(examples), self._together):
                asked = examples[at : at + self._together]
                for example, found in zip(asked, self._author(asked), strict=True):
                    there.append(self._chosen(example, found))
                    file.write(json.dumps(there[-1]) + "\n")
                file.flush()
                done(len(asked))
        return there

    def _read(self) -> list[list[int]]:
        """A last line that was cut is written anew."""
        if not self._path.exists():
            return []
        whole = self._path.read_text(encoding="utf-8").rpartition("\n")[0]
        try:
            rows = [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise TrainingError(f"{self._path} is damaged: {error}. Delete it, and the teacher writes anew.") from error
        put(self._path, "".join(json.dumps(row) + "\n" for row in rows).encode())
        return rows

    def _chosen(self, example: Example, found: Sequence[Found]) -> list[int]:
        good = [one for one in found if worth(one, example, self._tokenizer)]
        if not good:
            return []
        if self._nearest and example.replies:
            given = [self._tokenizer.encode(reply) for reply in example.replies]
            return max(good, key=lambda one: likeness(one.tokens, given)).tokens
        return good[0].tokens


def taught(examples: Sequence[Encoded], written: Sequence[list[int]]) -> list[Encoded]:
    """The examples with what the teacher wrote to them."""
    return [replace(example, written=reply) for example, reply in zip(examples, written, strict=True)]


def likeness(tokens: Sequence[int], given: Sequence[Sequence[int]]) -> float:
    """Sentence BLEU over tokens, smoothed, as the distance of Kim and Rush."""
    text = " ".join(map(str, tokens))
    references = [" ".join(map(str, reply)) for reply in given]
    return float(sacrebleu.sentence_bleu(text, references, tokenize="none", smooth_method="exp").score)
