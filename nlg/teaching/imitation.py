"""A student writes itself what it is going to be taught on: on-policy distillation.

Agarwal et al. (2024), section 3: a student that only reads given replies never sees where its own would lead. It draws
at temperature 1, so that it meets its own doubts and not only its favourites.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from nlg.contract import Decoding
from nlg.data.batches import Batch, collate
from nlg.interfaces import ReplyModel
from nlg.running import write
from nlg.tokenizer import EOS

MORE = 8
"""Tokens that its reply may be longer than the longest given one of the batch."""


def imitate(model: nn.Module, batch: Batch, silent: int, seed: int) -> Batch:
    """The contexts of a batch with replies that `model` draws by `seed`. The model must be in `eval` mode.

    No two rows draw alike, nor do those of two seeds in batches of one size.
    """
    device = next(model.parameters(), torch.empty(0)).device
    contexts = [row[:length] for row, length in zip(batch.contexts.tolist(), batch.lengths.tolist(), strict=True)]
    most = batch.targets.shape[1] + MORE
    seeds = range(seed * len(contexts), (seed + 1) * len(contexts))
    wishes = [Decoding(max_tokens=most, temperature=1.0, top_p=1.0, top_k=0, seed=one) for one in seeds]
    rows = write(cast("ReplyModel", model), contexts, wishes, silent, device)
    ends = [[EOS] if row.finish == "end" else [] for row in rows]
    return collate([(context, [*row.tokens, *end]) for context, row, end in zip(contexts, rows, ends, strict=True)])
