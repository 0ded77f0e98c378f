"""Some of what was said, drawn by chance and not picked, beside what people said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from nlg.contract import Line
from nlg.data.examples import Example
from nlg.data.privacy import redact
from nlg.evaluation.asking import Asked, language
from nlg.evaluation.measuring import Measured

NUMBER = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """An example without personal data: what was said before, what each model said, in their order, and people."""

    language: str
    lines: tuple[Line, ...]
    replies: tuple[str, ...]
    references: tuple[str, ...]


def draw(asked: Asked, models: Sequence[Measured], number: int, seed: int) -> list[Sample]:
    """Draw samples by the seed, language by language, equally many of each where there are enough."""
    return [_sample(asked.examples[at], at, models) for at in chosen(asked.examples, number, seed)]


def chosen(examples: Sequence[Example], number: int, seed: int) -> list[int]:
    """The places of the examples that are drawn."""
    chance = random.Random(seed)
    places: dict[str, list[int]] = {}
    for at, example in enumerate(examples):
        places.setdefault(language(example), []).append(at)
    drawn: dict[str, list[int]] = {}
    for name, own in sorted(places.items(), key=lambda named: (len(named[1]), named[0])):
        share = (number - sum(map(len, drawn.values()))) // (len(places) - len(drawn))
        drawn[name] = chance.sample(own, min(share, len(own)))
    return [at for name in sorted(drawn) for at in drawn[name]]


def _sample(example: Example, at: int, models: Sequence[Measured]) -> Sample:
    return Sample(
        language(example),
        tuple(Line(line.role, _clean(line.text)) for line in example.lines),
        tuple(_clean(model.answers[at].reply) for model in models),
        tuple(_clean(text) for text in example.replies),
    )


def _clean(text: str) -> str:
    return redact(text).text
