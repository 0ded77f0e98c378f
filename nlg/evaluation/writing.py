"""What a model says to examples, and how fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from nlg import following, plugins
from nlg.beam import Beams, search
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.data.examples import Example
from nlg.evaluation.progress import Begin, Done, silent
from nlg.running import write
from nlg.speech import Speech

BATCH = 64
TIMED = 100
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Searching:
    """Replies are searched by beams, and one of those that were found is taken by a choice of `nlg.choices`."""

    beams: Beams
    choice: str = "likeliest"


@dataclass(frozen=True, slots=True)
class Speed:
    """On one thread: how long a whole reply takes alone, and how many tokens a second are written with several at once.

    `reply_ms` are the times of all that were measured, in order of size.
    """

    reply_ms_p50: float
    reply_ms_p95: float
    tokens_per_second: float
    reply_ms: tuple[float, ...]


def answers(
    checkpoint: Checkpoint,
    asked: Sequence[Example],
    decoding: Decoding | None = None,
    done: Done = lambda _: None,
    wanted: Searching | None = None,
) -> list[str]:
    """What the model says to each context, token by token as the checkpoint has it unless told otherwise."""
    texts: list[str] = []
    for at in range(0, len(asked), BATCH):
        some = asked[at : at + BATCH]
        said = _searched(checkpoint, some, wanted) if wanted else _written(checkpoint, some, decoding)
        texts += [_text(checkpoint, tokens) for tokens in said]
        done(len(some))
    return texts


def _searched(checkpoint: Checkpoint, asked: Sequence[Example], wanted: Searching) -> list[list[int]]:
    contexts = _contexts(checkpoint, asked)
    found = search(checkpoint.writer, contexts, wanted.beams, checkpoint.tokenizer.silent, checkpoint.device)
    choose = plugins.choice(wanted.choice)
    pairs = zip(found, asked, strict=True)
    return [choose(replies, example, checkpoint.tokenizer).tokens if replies else [] for replies, example in pairs]


def _written(checkpoint: Checkpoint, asked: Sequence[Example], decoding: Decoding | None) -> list[list[int]]:
    contexts = _contexts(checkpoint, asked)
    decodings = [decoding or checkpoint.decoding] * len(contexts)
    rows = write(checkpoint.writer, contexts, decodings, checkpoint.tokenizer.silent, checkpoint.device)
    return [row.tokens for row in rows]


def speed(checkpoint: Checkpoint, asked: Sequence[Example], begin: Begin = silent) -> Speed:
    """Time the model on some of the contexts, evenly spread. A first reply warms up and is not counted."""
    contexts = _contexts(checkpoint, asked[:: max(1, len(asked) // TIMED)][:TIMED])
    done = begin("time of a reply", len(contexts))
    with _one_thread():
        _seconds(checkpoint, contexts[:1])
        alone = sorted(1000 * _timed(checkpoint, context, done) for context in contexts)
        seconds, tokens = _seconds(checkpoint, (contexts * AT_ONCE)[:AT_ONCE])
    p95 = float(np.percentile(alone, 95))
    return Speed(statistics.median(alone), p95, tokens / seconds, tuple(round(ms, 3) for ms in alone))


def _contexts(checkpoint: Checkpoint, asked: Sequence[Example]) -> list[list[int]]:
    return following.contexts(checkpoint, [(example.lines, example.language) for example in asked])


def _text(checkpoint: Checkpoint, tokens: Sequence[int]) -> str:
    speech = Speech(checkpoint.tokenizer)
    speech.rest(tokens)
    return speech.text


def _timed(checkpoint: Checkpoint, context: list[int], done: Done) -> float:
    seconds, _ = _seconds(checkpoint, [context])
    done(1)
    return seconds


def _seconds(checkpoint: Checkpoint, contexts: Sequence[list[int]]) -> tuple[float, int]:
    began = time.perf_counter()
    decodings = [checkpoint.decoding] * len(contexts)
    rows = write(checkpoint.writer, contexts, decodings, checkpoint.tokenizer.silent, checkpoint.device)
    return time.perf_counter() - began, sum(row.steps for row in rows)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
