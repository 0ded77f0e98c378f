"""Has a teacher reply to everything a student will read, once, before training: sequence-level distillation.

Kim and Rush (2016), sections 3.2 and 3.3. What was written is kept beside the run, a line an example in their order, so
a run that was cut does not ask again. Examples without replies get one here: that is how more questions teach more.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Manner:
    """How a teacher is asked: whether of its replies the `nearest` to a given one is taken, how many examples it gets
    `together`, which `share` of all it is asked, drawn by `seed`, and whether only those that open a dialogue."""

    nearest: bool = False
    together: int = AT_ONCE
    share: float = 1.0
    seed: int = 0
    openings: bool = False

    @property
    def window(self) -> int:
        """So many examples hold about `together` that it is asked."""
        return math.ceil(self.together / max(self.share, 1 / self.together))

    def asks(self, example: Example, number: int) -> bool:
        """Whether the example of this number is written to: the same ones in each run."""
        drawn = random.Random(f"{self.seed}/{number}").random() < self.share
        return drawn and not (self.openings and len(example.lines) > 1)


class Written:
    """The teacher's replies in a file, written by `author` as far as they are not there yet."""

    def __init__(self, path: Path, author: Author, tokenizer: ReplyTokenizer, manner: Manner = Manner()) -> None:
        self._path, self._author, self._tokenizer, self._manner = path, author, tokenizer, manner

    def complete(self, examples: Sequence[Example], done: Done) -> list[list[int]]:
        """One reply in tokens for each example, empty where none was worth reading; raise `TrainingError`."""
        there = self._read()[: len(examples)]
        done(len(there))
        with kept_whole(self._path.parent), self._path.open("a", encoding="utf-8") as file:
            for at in range(len(there), len(examples), self._manner.window):
                replies = self._written(examples, range(at, min(at + self._manner.window, len(examples))))
                file.writelines(json.dumps(reply) + "\n" for reply in replies)
                file.flush()
                there += replies
                done(len(replies))
        return there

    def _written(self, examples: Sequence[Example], numbers: range) -> list[list[int]]:
        wanted = [number for number in numbers if self._manner.asks(examples[number], number)]
        asked = [examples[number] for number in wanted]
        chosen = dict(zip(wanted, map(self._chosen, asked, self._author(asked) if asked else []), strict=True))
        return [chosen.get(number, []) for number in numbers]

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
        if self._manner.nearest and example.replies:
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
