"""How surprised a model is by the replies that people gave, told word for word (teacher forcing).

Where replies open with a token for the topic, guessing it is part of the surprise but not of the text: the surprise is
shared out among the tokens of the text alone, and only those count as right or wrong. So models with and without topics
can be compared; those with topics look a little worse than they are, as a reply could come of another topic too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nlg.checkpoint import Checkpoint
from nlg.data import batches
from nlg.data.batches import Batch
from nlg.data.examples import Example
from nlg.errors import CheckpointError, DataError
from nlg.evaluation.progress import Done
from nlg.interfaces import IGNORED
from nlg.tokenizer import EOS

BATCH = 64
ROOM = 1 << 26
"""Log-odds that may lie in memory together: 256 MiB."""
MOST_NATS = 700.0
"""What a perplexity can be told of; e to the 710 is more than a float holds."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Nats of surprise at all replies; their text in tokens (each end is one) and bytes; tokens that were likeliest."""

    nats: float
    tokens: int
    bytes: int
    right: int

    @property
    def perplexity_token(self) -> float:
        return math.exp(min(MOST_NATS, self.nats / self.tokens))

    @property
    def perplexity_byte(self) -> float:
        return math.exp(min(MOST_NATS, self.nats / self.bytes))

    @property
    def accuracy(self) -> float:
        return self.right / self.tokens


@torch.inference_mode()
def likelihood(checkpoint: Checkpoint, examples: Sequence[Example], done: Done) -> Likelihood:
    """Score all replies of the examples.

    Raises `DataError` when they are all empty, and `CheckpointError` when the model's numbers run away.
    """
    size = sum(len(reply.encode("utf-8", "replace")) for example in examples for reply in example.replies)
    if not size:
        raise DataError("All replies are empty, so there is nothing to measure. Clean the data: palaver data clean.")
    nats, tokens, right = 0.0, 0, 0
    for batch in (held.to(checkpoint.device) for held in _batches(checkpoint, examples)):
        logits = checkpoint.writer(batch.contexts, batch.lengths, batch.inputs).float()  # (B, T, V)
        nats += float(functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="sum"))
        text = _text(batch.targets, checkpoint.tokenizer.silent)
        tokens += int(text.sum())
        right += int(((logits.argmax(dim=-1) == batch.targets) & text).sum())
        done(len(batch.targets))
    if not math.isfinite(nats):
        raise CheckpointError(f"{checkpoint.id} has lost its numbers: its surprise is {nats}. Train it anew.")
    return Likelihood(nats, tokens, size, right)


def _batches(checkpoint: Checkpoint, examples: Sequence[Example]) -> list[Batch]:
    encoded = batches.encode(examples, checkpoint.tokenizer, checkpoint.context)
    longest = max(len(reply) for example in encoded for reply in example.replies) + 1
    return batches.plain(encoded, max(1, min(BATCH, ROOM // (longest * checkpoint.tokenizer.size))))


def _text(targets: Tensor, silent: int) -> Tensor:
    """Where something of the text, or its end, is to be written (B, T): not where a topic is, nor padding."""
    return (targets != IGNORED) & ((targets >= silent) | (targets == EOS))
