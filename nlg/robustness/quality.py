"""How good the replies to a reading are, and how that differs from the plain reading.

Each figure counts something in each reply and makes a value of the sums, so that a paired bootstrap (Koehn 2004) over
the questions is a product of matrices. Figures of people's replies are those of `palaver evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import regex

from nlg.evaluation.comparing import Estimate, Numbers, draws, estimate
from nlg.evaluation.metric import Answer, Figure, Metric
from nlg.evaluation.metrics import repetition
from nlg.evaluation.scoring import all_metrics
from nlg.robustness.about import About
from nlg.robustness.checks import language as in_language
from nlg.robustness.readings import Question

TIMES = 1000
METRICS = (("bleu", "bleu"), ("overlap", "f1"), ("slots", "slot_error_rate"))
"""Metrics of `palaver evaluate`, and the figure of each that is shown."""
ON_TOPIC = Figure("on_topic", "on topic", "Replies whose nearest known reply was given to a topic that fits.", "{:.1%}")
BROKEN = Figure("broken", "empty or looping", "Replies without a word, or with four words in a row twice.", "{:.1%}")
LANGUAGE = Figure("language", "right language", "Replies in the language of the conversation.", "{:.1%}")
SENTENCE = Figure(
    "sentence", "a sentence", "Replies of at least two words (four Chinese characters) that end.", "{:.1%}"
)
WORD = regex.compile(r"\p{L}|\{\{\w+\}\}")
WORDS = regex.compile(r"\p{Han}|[^\W\p{Han}]+|\{\{\w+\}\}", regex.V1)
END = regex.compile(r"[.!?。！？…~～)）”\"'’\p{So}\p{Sk}\uFE0F]\s*$|\}\}\s*$")
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Counts:
    """A row (K,) for each of N replies, and what makes a value of sums of rows."""

    figure: Figure
    rows: Numbers  # (N, K)
    value: Callable[[Sequence[float]], float | None]


@dataclass(frozen=True, slots=True)
class Quality:
    """A figure of one reading, and how much it differs from that of the plain one (nothing: there is none)."""

    figure: str
    value: float
    difference: Estimate | None = None


def counted(
    questions: Sequence[Question], replies: Sequence[str], language: str, about: About | None
) -> Mapping[str, Counts]:
    """What is counted in replies to questions of one language, by the names of figures; what cannot be is left out."""
    found = [*_against_people(questions, replies, language), *_topical(questions, replies, about)]
    pairs = list(zip(questions, replies, strict=True))
    found.append(_share(BROKEN, [_broken(reply) for reply in replies]))
    found.append(_share(SENTENCE, [sentence(reply) for reply in replies]))
    found.append(_share(LANGUAGE, [in_language.holds(question.said(reply)) for question, reply in pairs]))
    return {counts.figure.name: counts for counts in found}


def quality(own: Mapping[str, Counts], plain: Mapping[str, Counts] | None, seed: int) -> list[Quality]:
    """All figures of a reading. `plain` is what was counted in replies to the same questions as they stand."""
    found = []
    for name, counts in own.items():
        value = counts.value(counts.rows.sum(axis=0).tolist())
        if value is not None:
            found.append(Quality(name, value, _difference(counts, plain[name], seed) if plain else None))
    return found


def sentence(reply: str) -> bool:
    """Whether a reply looks like a sentence that has come to its end."""
    words = WORDS.findall(reply)
    fewest = 2 * FEWEST if sum(regex.match(r"\p{Han}", word) is not None for word in words) * 2 > len(words) else FEWEST
    return len(words) >= fewest and END.search(reply) is not None


def _broken(reply: str) -> bool:
    return not WORD.search(reply) or bool(repetition.count([Answer(reply, ())], "").rows[0][0])


def _against_people(questions: Sequence[Question], replies: Sequence[str], language: str) -> Iterator[Counts]:
    if not all(question.example.replies for question in questions):
        return
    pairs = zip(questions, replies, strict=True)
    answers = [Answer(reply, question.example.replies, question.wanted) for question, reply in pairs]
    for name, figure in METRICS:
        metric = all_metrics()[name]
        at = [one.name for one in metric.FIGURES].index(figure)
        rows = np.asarray(metric.count(answers, language).rows, dtype=np.float64)
        yield Counts(metric.FIGURES[at], rows, partial(_nth, metric, at))


def _nth(metric: Metric, at: int, sums: Sequence[float]) -> float | None:
    return metric.values(sums)[at]


def _topical(questions: Sequence[Question], replies: Sequence[str], about: About | None) -> Iterator[Counts]:
    if about and all(about.knows(question.topics) for question in questions):
        pairs = zip(questions, replies, strict=True)
        yield _share(ON_TOPIC, [about.fits(reply, question.topics) for question, reply in pairs])


def _share(figure: Figure, holds: Sequence[bool]) -> Counts:
    return Counts(figure, np.array([[float(one), 1.0] for one in holds]), lambda sums: sums[0] / sums[1])


def _difference(own: Counts, plain: Counts, seed: int) -> Estimate:
    """How much more it is than in the plain reading, and between what that lies on 95% of the draws."""
    whole = _values(own, own.rows.sum(axis=0)) - _values(plain, plain.rows.sum(axis=0))
    often = np.array(list(draws(len(own.rows), TIMES, seed)))  # (R, N)
    pairs = zip(often @ own.rows, often @ plain.rows, strict=True)
    return estimate(whole, np.array([_values(own, one) - _values(plain, two) for one, two in pairs]))


def _values(counts: Counts, sums: Numbers) -> float:
    return counts.value(sums.tolist()) or 0.0
