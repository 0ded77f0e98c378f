"""Cuts examples into batches of similar length.

Everything drawn by chance comes from the seed and the number of the epoch, so a run that was stopped in the middle
sees the same batches again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nlg.contract import Line, Role
from nlg.data.examples import Example
from nlg.interfaces import IGNORED
from nlg.tokenizer import BOS, EOS, PAD, ReplyTokenizer

MIXED = 16
"""So many batches are drawn by chance together, and only within them pairs of similar length meet."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example in tokens. `contexts` are readings of the same context; training picks one, the first is plain."""

    contexts: tuple[list[int], ...]
    replies: tuple[list[int], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded numbers: what is read, what is written, and what should come next at each place."""

    contexts: Tensor  # (B, S)
    lengths: Tensor  # (B,)
    inputs: Tensor  # (B, T)
    targets: Tensor  # (B, T)

    def to(self, device: torch.device) -> Batch:
        tensors = (self.contexts, self.lengths, self.inputs, self.targets)
        return Batch(*(tensor.to(device) for tensor in tensors))


def encode(examples: Sequence[Example], tokenizer: ReplyTokenizer, limit: int) -> list[Encoded]:
    """Turn examples into tokens, contexts of at most `limit`."""
    return [_encoded(example, tokenizer, limit) for example in examples]


def _encoded(example: Example, tokenizer: ReplyTokenizer, limit: int) -> Encoded:
    small = [Line(line.role, line.text.lower()) if line.role is Role.USER else line for line in example.lines]
    readings = [(example.lines, ""), (example.lines, example.language), (small, ""), (small, example.language)]
    contexts = {tuple(tokenizer.context(lines, language, limit)): None for lines, language in readings}
    topic = tokenizer.topic(example.domain)
    replies = tuple([*topic, *tokenizer.encode(reply)] for reply in example.replies)
    return Encoded(tuple(list(context) for context in contexts), replies)


def epoch(examples: Sequence[Encoded], size: int, seed: int, number: int) -> list[Batch]:
    """The batches of one epoch: each example once, with the next of its replies and any reading of its context."""
    chance = random.Random(f"{seed}/{number}")
    pairs = [
        (chance.choice(example.contexts), example.replies[(number + at) % len(example.replies)])
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


def plain(examples: Sequence[Encoded], size: int) -> list[Batch]:
    """Batches for measuring: the plain context of each example with each of its replies, shortest first."""
    pairs = [(example.contexts[0], reply) for example in examples for reply in example.replies]
    pairs.sort(key=lambda pair: (len(pair[1]), len(pair[0])))
    return [collate(pairs[at : at + size]) for at in range(0, len(pairs), size)]


def collate(pairs: Sequence[tuple[list[int], list[int]]]) -> Batch:
    """Pad pairs of context and reply into one batch."""
    contexts, lengths = pad([context for context, _ in pairs], PAD)
    inputs, _ = pad([[BOS, *reply] for _, reply in pairs], PAD)
    targets, _ = pad([[*reply, EOS] for _, reply in pairs], IGNORED)
    return Batch(contexts, lengths, inputs, targets)


def pad(rows: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Lay rows of different lengths into one tensor (B, S), and return their lengths (B,) too."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows]), torch.tensor(
        [len(row) for row in rows]
    )
