"""Decides what of a conversation a model reads before it replies: all of it, or the last words alone.

People change the subject, and a small model that reads all answers what was asked before. One whose replies open with
their topic can be asked first: where it is sure of the topic of the last words alone, and surer than with all, it
replies to them alone. "On Sundays too?" says nothing alone; "Where is my order?" needs no history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch

from nlg.checkpoint import Checkpoint
from nlg.contract import Line
from nlg.data.batches import pad
from nlg.tokenizer import BOS, CONTROLS, PAD

SURE = 0.6
"""How likely the topic of the last words has to be. On dev, the topic is then right in about 54% of changed subjects
(7% if all is read, 68% if the last words always were read alone), and in about 28% of others (46%, 6%)."""
Talk: TypeAlias = tuple[Sequence[Line], str]
"""The lines of a conversation so far, and its language."""


def contexts(made: Checkpoint, talks: Sequence[Talk]) -> list[list[int]]:
    """What the model reads of each conversation, in tokens. Models without topics read as much as they can."""
    whole = [made.tokenizer.context(lines, language, made.context) for lines, language in talks]
    longer = [at for at, (lines, _) in enumerate(talks) if len(lines) > 1]
    if not longer or made.tokenizer.silent == len(CONTROLS):
        return whole
    alone = [made.tokenizer.context(talks[at][0][-1:], talks[at][1], made.context) for at in longer]
    sure = _sureness(made, [*(whole[at] for at in longer), *alone])
    for place, at in enumerate(longer):
        if sure[len(longer) + place] > max(SURE, sure[place]):
            whole[at] = alone[place]
    return whole


@torch.inference_mode()
def _sureness(made: Checkpoint, read: Sequence[list[int]]) -> list[float]:
    """How likely the likeliest topic is after each context."""
    tokens, lengths = pad(read, PAD)
    state = made.writer.start(tokens.to(made.device), lengths.to(made.device))
    odds, _ = made.writer.step(torch.full((len(read),), BOS, device=made.device), state)  # (B, V)
    shares = odds.float().softmax(dim=-1)[:, len(CONTROLS) : made.tokenizer.silent]
    return list(shares.amax(dim=-1).tolist())
