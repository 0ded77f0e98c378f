"""Cuts examples into batches of similar length.

Everything drawn by chance comes from the seed and the number of the epoch, so a run that was stopped in the middle
sees the same batches again.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from nlg.contract import Line, Role
from nlg.data.examples import Example
from nlg.interfaces import IGNORED
from nlg.tokenizer import BOS, EOS, PAD, ReplyTokenizer

MIXED = 16
"""So many batches are drawn by chance together, and only within them pairs of similar length meet."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example in tokens. `contexts` are readings of the same context; training picks one, the first is plain.

    Replies begin with the `topic`, if there is one. `worded` is how likely it is that an epoch reads a whole reply and
    not the topic alone. `written` is what a teacher would reply, if one was asked; `worse` is what people rejected.
    """

    contexts: tuple[list[int], ...]
    replies: tuple[list[int], ...]
    topic: list[int] = field(default_factory=list)
    worded: float = 1.0
    written: list[int] = field(default_factory=list)
    worse: tuple[list[int], ...] = ()

    @property
    def teaches(self) -> bool:
        """Whether there is anything to learn from it."""
        return bool(self.replies or self.topic or self.written)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded numbers: what is read, what is written, and what should come next at each place.

    `shown` are the contexts as a teacher reads them, where some of their words are hidden from the student. `worse` has
    the targets of replies that were rejected, where there are any; a row without one is padding.
    """

    contexts: Tensor  # (B, S)
    lengths: Tensor  # (B,)
    inputs: Tensor  # (B, T)
    targets: Tensor  # (B, T)
    shown: Tensor | None = None  # (B, S)
    worse: Tensor | None = None  # (B, U)

    def to(self, device: torch.device) -> Batch:
        tensors = (self.contexts, self.lengths, self.inputs, self.targets, self.shown, self.worse)
        return Batch(*(tensor if tensor is None else tensor.to(device) for tensor in tensors))  # type: ignore[arg-type]

    @property
    def plain(self) -> Batch:
        """The batch with nothing hidden."""
        return self if self.shown is None else replace(self, contexts=self.shown, shown=None)

    @property
    def both(self) -> Batch:
        """The rows, and after them the same contexts (2B, S) with what was rejected: one run of a model reads both."""
        if self.worse is None:
            return self
        contexts, lengths = self.contexts.repeat(2, 1), self.lengths.repeat(2)
        targets = torch.cat([widened(part, self._widest, IGNORED) for part in (self.targets, self.worse)])
        inputs = functional.pad(targets[:, :-1].masked_fill(targets[:, :-1] == IGNORED, PAD), (1, 0), value=BOS)
        return Batch(contexts, lengths, inputs, targets)

    @property
    def _widest(self) -> int:
        return max(part.shape[1] for part in (self.targets, self.worse) if part is not None)


def encode(
    examples: Sequence[Example], tokenizer: ReplyTokenizer, limit: int, all_of_them: bool = False
) -> list[Encoded]:
    """Turn examples into tokens, contexts of at most `limit`.

    What has neither a reply nor a known topic teaches nothing, and is left out unless `all_of_them` are wanted.
    """
    encoded = (_encoded(example, tokenizer, limit) for example in examples)
    return [example for example in encoded if all_of_them or example.teaches]


def _encoded(example: Example, tokenizer: ReplyTokenizer, limit: int) -> Encoded:
    small = [Line(line.role, line.text.lower()) if line.role is Role.USER else line for line in example.lines]
    # Who asks for a translation may name either language: a chat knows that of the question, a person wants the other.
    marks = ("", example.language, *([example.read] if example.read else []))
    readings = [(lines, mark) for lines in (example.lines, small) for mark in marks]
    contexts = {tuple(tokenizer.context(lines, language, limit)): None for lines, language in readings}
    topic = tokenizer.topic(example.domain)
    replies = tuple([*topic, *tokenizer.encode(reply)] for reply in example.replies)
    worse = tuple([*topic, *tokenizer.encode(reply)] for reply in example.worse)
    return Encoded(tuple(list(context) for context in contexts), replies, topic, worse=worse)


def sparing(examples: Sequence[Encoded], most: float) -> list[Encoded]:
    """Have each reply read about `most` times an epoch, however many contexts it fits; the others teach its topic only.

    A reply that fits a hundred questions is known by heart long before the questions are, and costs fifty times more.
    """
    times: Counter[tuple[int, ...]] = Counter()
    for example in examples:
        for reply in example.replies:
            times[tuple(reply)] += 1 / len(example.replies)  # type: ignore[assignment]
    return [replace(example, worded=_share(example, times, most)) for example in examples]


def _share(example: Encoded, times: Mapping[tuple[int, ...], float], most: float) -> float:
    if not example.topic or not example.replies:
        return 1.0
    return min(1.0, most / statistics.fmean(times[tuple(reply)] for reply in example.replies))


Reread: TypeAlias = Callable[[list[int], random.Random], list[int]]


def as_is(context: list[int], _: random.Random) -> list[int]:
    return context


def epoch(
    examples: Sequence[Encoded], size: int, seed: int, number: int, reread: Reread = as_is, teachers: float = 0.0
) -> list[Batch]:
    """The batches of one epoch: each example once, with the next of its replies and any reading of its context.

    `teachers` is how likely the reply is the one that a teacher wrote, where there is one; always, where there is
    nothing else to learn from.
    """
    chance = random.Random(f"{seed}/{number}")
    pairs = [
        (
            reread(chance.choice(example.contexts), chance),
            _written(example, number + at, chance, teachers),
            _rejected(example, number + at),
        )
        for at, example in enumerate(examples)
    ]
    chance.shuffle(pairs)
    batches = []
    for at in range(0, len(pairs), size * MIXED):
        # Sorting all pairs would fill each batch with the same few replies: that teaches them, not when to give them.
        group = sorted(pairs[at : at + size * MIXED], key=lambda pair: (len(pair[1]) // 8, len(pair[0])))
        batches += [collate(group[start : start + size]) for start in range(0, len(group), size)]
    chance.shuffle(batches)
    return batches


def _written(example: Encoded, turn: int, chance: random.Random, teachers: float) -> list[int]:
    alone = not (example.replies or example.topic)
    if alone or (teachers and example.written and chance.random() < teachers):
        return [*example.written, EOS]
    if example.replies and chance.random() < example.worded:
        return [*example.replies[turn % len(example.replies)], EOS]
    return example.topic


def _rejected(example: Encoded, turn: int) -> list[int]:
    return [*example.worse[turn % len(example.worse)], EOS] if example.worse else []


def plain(examples: Sequence[Encoded], size: int) -> list[Batch]:
    """Batches for measuring: the plain context of each example with each of its replies, shortest first."""
    pairs = [(example.contexts[0], [*reply, EOS]) for example in examples for reply in example.replies]
    pairs.sort(key=lambda pair: (len(pair[1]), len(pair[0])))
    return [collate(pairs[at : at + size]) for at in range(0, len(pairs), size)]


def collate(pairs: Sequence[tuple[list[int], list[int]] | tuple[list[int], list[int], list[int]]]) -> Batch:
    """Pad pairs of a context and what is written after it into one batch; a third part is what was rejected."""
    contexts, lengths = pad([context for context, *_ in pairs], PAD)
    inputs, _ = pad([[BOS, *written[:-1]] for _, written, *_ in pairs], PAD)
    targets, _ = pad([written for _, written, *_ in pairs], IGNORED)
    rejected = [part for _, _, *rest in pairs for part in rest]
    worse = pad(rejected, IGNORED)[0] if any(rejected) else None
    return Batch(contexts, lengths, inputs, targets, worse=worse)


def pad(rows: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Lay rows of different lengths into one tensor (B, S), and return their lengths (B,) too."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows]), torch.tensor(
        [len(row) for row in rows]
    )


def widened(rows: Tensor, width: int, filler: int) -> Tensor:
    """Pad (B, T) at the end to (B, width)."""
    return functional.pad(rows, (0, width - rows.shape[1]), value=filler)
