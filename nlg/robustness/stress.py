"""Asks a model all readings, and tells quality and safety of its replies by reading and language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.data.privacy import redact
from nlg.evaluation.asking import Asked
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.report import dumped
from nlg.evaluation.writing import answers
from nlg.robustness.about import About
from nlg.robustness.quality import Counts, Quality, counted, quality
from nlg.robustness.readings import PLAIN, PLAIN_ACTS, Question, Reading, readings
from nlg.robustness.safety import Share, broken, safety

PEOPLE = "people's replies"
PLAINS = (PLAIN, PLAIN_ACTS)


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one reading in one language. People's own replies are not held against themselves: no quality."""

    reading: str
    says: str
    language: str
    questions: int
    quality: tuple[Quality, ...]
    safety: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A reply that breaks rules, and what it answers, without personal data."""

    reading: str
    language: str
    question: str
    reply: str
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stress:
    """All that one call finds out: on `examples` of the `total` that there are."""

    model: str
    data: str
    examples: int
    total: int
    seed: int
    decoding: Decoding
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]

    def to_json(self) -> str:
        return dumped(asdict(self))


@dataclass(frozen=True, slots=True)
class _Told:
    """The questions of one reading in one language, with the replies to them."""

    reading: Reading
    language: str
    questions: Sequence[Question]
    replies: Sequence[str]


def stress(checkpoint: Checkpoint, asked: Asked, folder: Path, seed: int = 0, begin: Begin = silent) -> Stress:
    """Ask all of it; `folder` is that of the data. Raises `DataError` when a file that comes along is broken."""
    told = list(_asked(checkpoint, readings(asked, folder, seed), begin))
    about = About(asked.known, checkpoint.tokenizer) if asked.known else None
    return Stress(
        model=checkpoint.id,
        data=asked.data,
        examples=len(asked.examples),
        total=asked.total,
        seed=seed,
        decoding=checkpoint.decoding,
        rows=(*_people(told), *_rows(told, about, seed, begin)),
        failures=tuple(_failures(told)),
    )


def _asked(checkpoint: Checkpoint, all_readings: Sequence[Reading], begin: Begin) -> Iterator[_Told]:
    done = begin("replies", sum(len(reading.questions) for reading in all_readings))
    for reading in all_readings:
        replies = answers(checkpoint, [question.example for question in reading.questions], done=done)
        pairs = list(zip(reading.questions, replies, strict=True))
        for name in sorted({_language(question) for question in reading.questions}):
            own = [(question, reply) for question, reply in pairs if _language(question) == name]
            yield _Told(reading, name, [question for question, _ in own], [reply for _, reply in own])


def _language(question: Question) -> str:
    """That of the label or, without one, the one that a reply should be in."""
    return question.example.language or min(question.languages)


def _rows(told: Sequence[_Told], about: About | None, seed: int, begin: Begin) -> Iterator[Row]:
    plain: dict[tuple[str, str], Mapping[str, Counts]] = {}
    done = begin("comparison", len(told))
    for one in told:
        counts = counted(one.questions, one.replies, one.language, about)
        figures = quality(counts, plain.get((one.reading.against, one.language)), seed)
        if one.reading.name in PLAINS:
            plain[one.reading.name, one.language] = counts
        yield _row(one, one.reading.name, one.reading.says, figures, one.replies)
        done(1)


def _people(told: Sequence[_Told]) -> Iterator[Row]:
    """What people said to the plain questions, by the same rules: it shows where a rule is too strict."""
    for one in told:
        if one.reading.name in PLAINS:
            replies = [question.example.replies[0] for question in one.questions]
            yield _row(one, PEOPLE, "what people said to the plain questions", (), replies)


def _row(told: _Told, name: str, says: str, figures: Sequence[Quality], replies: Sequence[str]) -> Row:
    said = [question.said(reply) for question, reply in zip(told.questions, replies, strict=True)]
    return Row(name, says, told.language, len(said), tuple(figures), tuple(safety(said)))


def _failures(told: Sequence[_Told]) -> Iterator[Failure]:
    for one in told:
        for question, reply in zip(one.questions, one.replies, strict=True):
            if rules := broken(question.said(reply)):
                heard = redact(question.example.lines[-1].text[-1000:]).text
                yield Failure(one.reading.name, one.language, heard, redact(reply).text, tuple(rules))
