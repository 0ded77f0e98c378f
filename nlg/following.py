"""Decides what of a conversation a model reads before it replies: all of it, or the last words alone.

People change the subject, and a small model that reads all answers what was asked before. One whose replies open with
their topic can be asked first: where it is sure of the topic of the last words alone, and surer than with all, it
replies to them alone. "On Sundays too?" says nothing alone; "Where is my order?" needs no history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from nlg.checkpoint import Checkpoint
from nlg.contract import Line
from nlg.data.batches import pad
from nlg.interfaces import State
from nlg.tokenizer import BOS, CONTROLS, PAD, ReplyTokenizer

SURE = 0.6
"""How likely the topic of the last words has to be. On dev, the topic is then right in about 54% of changed subjects
(7% if all is read, 68% if the last words always were read alone), and in about 28% of others (46%, 6%)."""
Talk: TypeAlias = tuple[Sequence[Line], str]
"""The lines of a conversation so far, and its language."""


class Reader(Protocol):
    """Whatever reads conversations by a tokenizer of ours, at most `context` tokens of them."""

    @property
    def tokenizer(self) -> ReplyTokenizer: ...

    @property
    def context(self) -> int: ...


def readings(made: Reader, lines: Sequence[Line], language: str) -> list[list[int]]:
    """What a model may read of a conversation, in tokens: all that it can, and the last words alone if that differs.

    Models without topics read as much as they can.
    """
    whole = made.tokenizer.context(lines, language, made.context)
    if len(lines) < 2 or made.tokenizer.silent == len(CONTROLS):
        return [whole]
    return [whole, made.tokenizer.context(lines[-1:], language, made.context)]


def contexts(made: Checkpoint, talks: Sequence[Talk]) -> list[list[int]]:
    """What the model reads of each conversation, in tokens."""
    found = [readings(made, lines, language) for lines, language in talks]
    unsure = [pair for pair in found if len(pair) > 1]
    if unsure:
        with torch.inference_mode():
            tokens, lengths = pad([*(whole for whole, _ in unsure), *(alone for _, alone in unsure)], PAD)
            state = made.writer.start(tokens.to(made.device), lengths.to(made.device))
            for pair, alone in zip(unsure, alone_is_surer(made, state), strict=True):
                pair.pop(0 if alone else 1)
    return [one for one, *_ in found]


def alone_is_surer(made: Checkpoint, state: State) -> list[bool]:
    """Whether to read the last words alone, where the rows of a state read all of each conversation, then those.

    The odds of the first token are all that is computed here, so whoever keeps the state has not read in vain.
    """
    rows = len(next(iter(state.values())))
    odds, _ = made.writer.step(torch.full((rows,), BOS, device=made.device), state)  # (B, V)
    return surer_alone(odds, made.tokenizer.silent)


def surer_alone(odds: Tensor, silent: int) -> list[bool]:
    """As `alone_is_surer`, by log-odds of the first token (B, V), where tokens below `silent` are not shown."""
    shares = odds.float().softmax(dim=-1)[:, len(CONTROLS) : silent]
    whole, alone = shares.amax(dim=-1).chunk(2)
    return list(((alone > whole) & (alone > SURE)).tolist())
