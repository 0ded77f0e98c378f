"""Measures a model: how surprised it is by real replies, and how good and how quick its own are."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.data import batches
from nlg.data.examples import Example
from nlg.running import write
from nlg.scores import Scores, score
from nlg.speech import Speech
from nlg.topics import Topics
from nlg.training.measure import surprise

BATCH = 64
TIMED = 24


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one language and kind of turn. Perplexities are of the replies of people.

    Where replies open with a token for the topic, guessing it is part of the surprise, which is shared out among the
    tokens of the text alone.
    """

    language: str
    turns: str
    examples: int
    perplexity_token: float
    perplexity_byte: float
    token_accuracy: float
    on_topic: float
    scores: Scores


@dataclass(frozen=True, slots=True)
class Speed:
    """On one thread: milliseconds to write a whole reply alone, and tokens a second with 16 at once."""

    reply_ms_median: float
    reply_ms_worst: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one model on one split."""

    model: str
    data: str
    parameters: int
    groups: tuple[Group, ...]
    speed: Speed

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    def to_markdown(self) -> str:
        """A table, one row a group."""
        head = "| | turns | examples | perplexity a token | a byte | accuracy | on topic | BLEU | chrF | distinct-1/2 |"
        rows = "\n".join(_row(group) for group in self.groups)
        speed = (
            f"One thread: a reply alone takes {self.speed.reply_ms_median:.0f} ms (median of {TIMED}; worst "
            f"{self.speed.reply_ms_worst:.0f} ms); 16 at once, {self.speed.tokens_per_second:.0f} tokens a second."
        )
        return f"{head}\n|{' --- |' * 10}\n{rows}\n\n{speed}\n"


def evaluate(checkpoint: Checkpoint, asked: Sequence[Example], known: Sequence[Example], data: str) -> Report:
    """Measure on the examples `asked`; `known` are the replies that topics are told by. `data` names what was read."""
    topics = Topics(known, checkpoint.tokenizer)
    groups = [
        _group(checkpoint, chosen, topics, language, turns)
        for language in sorted({example.language for example in asked})
        for turns, wanted in _TURNS.items()
        if (chosen := [example for example in asked if example.language == language and wanted(example)])
    ]
    return Report(checkpoint.id, data, size(checkpoint), tuple(groups), speed(checkpoint, asked))


_TURNS: dict[str, Callable[[Example], bool]] = {
    "first": lambda example: len(example.lines) == 1,
    "later": lambda example: len(example.lines) > 1,
}


def answers(checkpoint: Checkpoint, asked: Sequence[Example], decoding: Decoding | None = None) -> list[str]:
    """What the model says to each context; greedy unless told otherwise."""
    texts: list[str] = []
    for at in range(0, len(asked), BATCH):
        contexts = [_context(checkpoint, example) for example in asked[at : at + BATCH]]
        for row in write(
            checkpoint.writer,
            contexts,
            [decoding or checkpoint.decoding] * len(contexts),
            checkpoint.tokenizer.silent,
        ):
            speech = Speech(checkpoint.tokenizer)
            speech.rest(row.tokens)
            texts.append(speech.text)
    return texts


def speed(checkpoint: Checkpoint, asked: Sequence[Example]) -> Speed:
    """Time the model on some of the contexts."""
    contexts = [_context(checkpoint, example) for example in asked[:: max(1, len(asked) // TIMED)][:TIMED]]
    alone = sorted(_seconds(checkpoint, [context])[0] for context in contexts)
    seconds, tokens = _seconds(checkpoint, (contexts * 16)[:16])
    return Speed(1000 * statistics.median(alone), 1000 * alone[-1], tokens / seconds)


def size(checkpoint: Checkpoint) -> int:
    """How many numbers the model has learnt."""
    return sum(parameter.numel() for parameter in checkpoint.model.parameters())


def _seconds(checkpoint: Checkpoint, contexts: Sequence[list[int]]) -> tuple[float, int]:
    began = time.perf_counter()
    rows = write(checkpoint.writer, contexts, [checkpoint.decoding] * len(contexts), checkpoint.tokenizer.silent)
    return time.perf_counter() - began, sum(row.steps for row in rows)


def _context(checkpoint: Checkpoint, example: Example) -> list[int]:
    return checkpoint.tokenizer.context(example.lines, example.language, checkpoint.context)


def _group(checkpoint: Checkpoint, asked: Sequence[Example], topics: Topics, language: str, turns: str) -> Group:
    encoded = batches.encode(asked, checkpoint.tokenizer, checkpoint.context)
    real = surprise(checkpoint.model, batches.plain(encoded, BATCH))
    written = answers(checkpoint, asked)
    seen = sum(len(reply) + 1 for example in encoded for reply in example.replies)
    tokens = seen - sum(len(x.replies) for x in asked if checkpoint.tokenizer.topic(x.domain))
    size_in_bytes = sum(len(reply.encode()) for example in asked for reply in example.replies)
    return Group(
        language=language,
        turns=turns,
        examples=len(asked),
        perplexity_token=math.exp(real["dev"] * seen / tokens),
        perplexity_byte=math.exp(real["dev"] * seen / size_in_bytes),
        token_accuracy=real["accuracy"],
        on_topic=topics.shares(written, [example.domain for example in asked]),
        scores=score(written, [example.replies[0] for example in asked], language),
    )


def _row(group: Group) -> str:
    scores: Any = group.scores
    return (
        f"| {group.language} | {group.turns} | {group.examples} | {group.perplexity_token:.2f} "
        f"| {group.perplexity_byte:.3f} | {group.token_accuracy:.1%} | {group.on_topic:.1%} | {scores.bleu:.1f} "
        f"| {scores.chrf:.1f} | {scores.distinct_1:.3f} / {scores.distinct_2:.3f} |"
    )
