"""Measures a model: how surprised it is by real replies, and how good and how quick its own are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from nlg import plugins
from nlg.beam import Beams
from nlg.checkpoint import Checkpoint
from nlg.data.examples import Example
from nlg.errors import RecipeError
from nlg.evaluation.asking import Asked, language
from nlg.evaluation.likelihood import Likelihood, likelihood
from nlg.evaluation.metric import Answer
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.report import Group, Report
from nlg.evaluation.scoring import score
from nlg.evaluation.topics import Topics
from nlg.evaluation.writing import Searching, answers, speed

T = TypeVar("T")
Kind: TypeAlias = tuple[str, str]
"""A language and a kind of turn."""
TURNS: Mapping[str, Callable[[Example], bool]] = {
    "first": lambda example: len(example.lines) == 1,
    "later": lambda example: len(example.lines) > 1,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a model, and what it said to each example, in their order. `places` are those of each group."""

    report: Report
    answers: Sequence[Answer]
    places: Mapping[Kind, Sequence[int]]

    def said(self, kind: Kind) -> list[Answer]:
        """What the model said to the examples of a group."""
        return _at(self.answers, self.places[kind])


def measure(checkpoint: Checkpoint, asked: Asked, begin: Begin = silent, wanted: Searching | None = None) -> Measured:
    """Measure all of it, replies as `wanted` or else token by token as the checkpoint has it.

    Raises `DataError` or `CheckpointError` when that cannot be done.
    """
    kinds = places(asked.examples)
    done = begin("surprise at people's replies", sum(len(example.replies) for example in asked.examples))
    surprises = {kind: likelihood(checkpoint, _at(asked.examples, own), done) for kind, own in kinds.items()}
    said = _said(checkpoint, asked, begin, wanted)
    on_topic = _topics(checkpoint, asked, said)
    groups = [_group(kind, surprises[kind], _at(said, own), on_topic(own)) for kind, own in kinds.items()]
    report = Report(
        model=checkpoint.id,
        data=asked.data,
        parameters=sum(parameter.numel() for parameter in checkpoint.model.parameters()),
        examples=len(asked.examples),
        total=asked.total,
        decoding=checkpoint.decoding,
        groups=tuple(groups),
        speed=speed(checkpoint, asked.examples, begin),
        search=wanted,
    )
    return Measured(report, said, kinds)


def searching(beams: int, choice: str, most: int) -> Searching | None:
    """How to search by so many beams for replies of `most` tokens; None without beams: token by token.

    Raises `RecipeError` when there is no such choice, or nothing to choose from.
    """
    plugins.choice(choice)
    if beams:
        return Searching(Beams(beams, most), choice)
    if choice != "likeliest":
        raise RecipeError(
            f"{choice} takes one of the replies that a search found: add --beams 4, or how many you like."
        )
    return None


def places(examples: Sequence[Example]) -> dict[Kind, list[int]]:
    """Where the examples of each language and kind of turn stand; none is empty."""
    found: dict[Kind, list[int]] = {}
    for at, example in enumerate(examples):
        turns = next(name for name, fits in TURNS.items() if fits(example))
        found.setdefault((language(example), turns), []).append(at)
    return dict(sorted(found.items()))


def _said(checkpoint: Checkpoint, asked: Asked, begin: Begin, wanted: Searching | None) -> list[Answer]:
    texts = answers(checkpoint, asked.examples, done=begin("replies", len(asked.examples)), wanted=wanted)
    return [
        Answer(text, example.replies, asked.wanted(example))
        for text, example in zip(texts, asked.examples, strict=True)
    ]


def _group(kind: Kind, surprise: Likelihood, said: Sequence[Answer], on_topic: float | None) -> Group:
    scores = score(said, kind[0])
    return Group(
        language=kind[0],
        turns=kind[1],
        examples=len(said),
        perplexity_token=surprise.perplexity_token,
        perplexity_byte=surprise.perplexity_byte,
        token_accuracy=surprise.accuracy,
        on_topic=on_topic,
        scores=scores.values,
        signatures=scores.signatures,
    )


def _topics(checkpoint: Checkpoint, asked: Asked, said: Sequence[Answer]) -> Callable[[Sequence[int]], float | None]:
    """What tells the share of some of the replies that are on topic; None where there are no topics to miss."""
    if not asked.known:
        return lambda _: None
    topics = Topics(asked.known, checkpoint.tokenizer)
    return lambda own: topics.shares([said[at].reply for at in own], [asked.examples[at].domain for at in own])


def _at(values: Sequence[T], own: Sequence[int]) -> list[T]:
    return [values[at] for at in own]
