"""What a person thought of a model's replies to questions that nobody picked: a file of a checkpoint, told in its card.

One JSON object a line: `{"language": "en", "question": ..., "reply": ..., "grade": "helpful"}`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlg.errors import CheckpointError
from nlg.evaluation.page.markdown import plain

FILE = "graded.jsonl"
GRADES: Mapping[str, str] = {
    "helpful": "a person gets on with it",
    "vague": "harmless, but no help: too general, or it asks back where it need not",
    "wrong": "an answer to something else, or one that is not so",
    "broken": "no sentence, or one without sense",
}


@dataclass(frozen=True, slots=True)
class Graded:
    """A question, what was replied, and which of `GRADES` a reader gave."""

    language: str
    question: str
    reply: str
    grade: str


def file(path: Path) -> bytes:
    """What stands in such a file; raise `CheckpointError` when it cannot be read, or makes no sense."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    read(data)
    return data


def read(data: bytes) -> list[Graded]:
    """The lines of such a file; raise `CheckpointError`, which names the line, for one that makes no sense."""
    return [_read(number, line) for number, line in enumerate(data.decode().splitlines(), start=1)]


def _read(number: int, line: str) -> Graded:
    try:
        one = Graded(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"{FILE}, line {number}: {error}. It needs language, question, reply and grade."
        ) from error
    if one.grade not in GRADES:
        raise CheckpointError(f"{FILE}, line {number}: {one.grade!r} is no grade. There are: {', '.join(GRADES)}.")
    return one


def section(graded: Sequence[Graded]) -> Iterator[str]:
    """Parts of a card: how often each grade was given in each language, and all that was graded."""
    languages = sorted({one.language for one in graded})
    yield f"## Read and graded\n\n{_meanings()}\n\n{_table(graded, languages)}"
    for language in languages:
        own = [one for one in graded if one.language == language]
        yield f"### Graded: {language}\n\n" + "\n".join(f"1. {_line(one)}" for one in own)


def _meanings() -> str:
    return "\n".join(f"- **{grade}**: {meaning}" for grade, meaning in GRADES.items())


def _table(graded: Sequence[Graded], languages: Sequence[str]) -> str:
    counts = Counter((one.language, one.grade) for one in graded)
    totals = Counter(one.language for one in graded)
    rows = [f"| {grade} | {' | '.join(str(counts[name, grade]) for name in languages)} |" for grade in GRADES]
    head = f"| grade | {' | '.join(f'{name}, of {totals[name]}' for name in languages)} |"
    return "\n".join([head, "| --- " * (len(languages) + 1) + "|", *rows])


def _line(one: Graded) -> str:
    return f"{plain(one.question)}  \n   {plain(one.reply)} *({one.grade})*"
