"""Finds the teacher that a recipe names, and has it write what the student will read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from nlg import checkpoint
from nlg.beam import Beams
from nlg.checkpoint import TOKENIZER, Checkpoint
from nlg.data import batches
from nlg.data.batches import Batch, Encoded
from nlg.data.examples import Example
from nlg.errors import CheckpointError, RecipeError
from nlg.evaluation.progress import Begin, Done
from nlg.teaching import Nobody, Teacher, cached
from nlg.teaching.authors import Author, Model
from nlg.teaching.cached import INDEX, Cached
from nlg.teaching.endpoint import TOLD, Endpoint
from nlg.teaching.live import Live
from nlg.teaching.writing import Manner, Written, taught
from nlg.tokenizer import PLACEHOLDERS, ReplyTokenizer
from nlg.training import phases, vocabulary
from nlg.training.disk import put
from nlg.training.recipe import Recipe

WRITTEN = "written.jsonl"
AT_ONCE = 64
TOGETHER = {"cuda": 1024}
"""Examples that a teacher writes to together, where the device can do more than `AT_ONCE`."""


def listened(told: Recipe, tokenizer: ReplyTokenizer, device: torch.device) -> Teacher:
    """Whose odds are listened to; raise `RecipeError` when that teacher does not speak our tokens.

    Or when odds that were written down do not know what the recipe would have a student read.
    """
    if not told.teacher.path:
        return Nobody()
    folder = Path(told.teacher.path)
    if is_written_down(told):
        kept = Cached(folder)
        _same(kept.vocabulary, tokenizer, folder)
        _known(told, folder)
        return kept
    return Live(_load(folder, tokenizer).model, device)


def is_written_down(told: Recipe) -> bool:
    """Whether the teacher is a folder of odds and no model."""
    return (Path(told.teacher.path) / INDEX).exists()


def _known(told: Recipe, folder: Path) -> None:
    """Odds on the disk are of contexts as they stand with given replies, and of nothing that is made on the way."""
    listening = [phase for phase, one in zip(told.phases, phases.objectives(told), strict=True) if one.needs]
    care, text = told.care, told.text
    made = {
        "care.token_splits": care.token_splits,
        "care.digressions": care.digressions,
        "care.wordings": care.wordings,
        "text.questions": text.questions,
        "phases.written": any(phase.written for phase in listening),
        "phases.own": any(phase.own for phase in listening),
    }
    unknown = [name for name, value in made.items() if value and listening]
    if unknown:
        raise RecipeError(
            f"teacher.path: {folder} holds odds of given replies to contexts as they stand, which {', '.join(unknown)} "
            "would change. Leave that out, or name the folder of the teacher itself."
        )


def encoded(told: Recipe, spoken: Sequence[Example], tokenizer: ReplyTokenizer) -> list[Encoded]:
    """The examples as a run reads them, without what a teacher writes to them, and those that teach nothing yet."""
    found = batches.encode(spoken, tokenizer, told.text.context, all_of_them=True)
    if told.care.wordings:
        found = batches.sparing(found, told.care.wordings)
    if told.teacher.path and is_written_down(told):
        return [replace(example, contexts=example.contexts[:1]) for example in found]  # all that was written down
    return found


def reading(
    told: Recipe, spoken: Sequence[Example], tokenizer: ReplyTokenizer, folder: Path, device: torch.device, begin: Begin
) -> list[Encoded]:
    """The examples as a run reads them, with the teacher's replies where some phase wants them.

    Raises `RecipeError` when nobody can write them, and `TrainingError` when that fails on the way.
    """
    found = encoded(told, spoken, tokenizer)
    if not any(phase.written for phase in told.phases):
        return [example for example in found if example.teaches]
    author = _author(told, tokenizer, device)
    written = Written(folder / WRITTEN, author, tokenizer, _manner(told, TOGETHER.get(device.type, AT_ONCE)))
    replies = written.complete(spoken, begin("replies of the teacher", len(spoken)))
    return [example for example in taught(found, replies) if example.teaches]


def _manner(told: Recipe, together: int) -> Manner:
    teacher = told.teacher
    return Manner(teacher.nearest, together, teacher.share, told.seed, teacher.openings)


def write_down(
    told: Recipe, spoken: Sequence[Example], folder: Path, device: torch.device, most: int, begin: Begin
) -> int:
    """Write the odds of the recipe's teacher for all given replies into `folder`; return at how many places.

    Raises `RecipeError` when that teacher is no model.
    """
    if not told.teacher.path or is_written_down(told):
        raise RecipeError("only a model has odds to write down. Name its folder: --teacher FOLDER.")
    tokenizer = vocabulary.load(Path(told.teacher.path) / TOKENIZER)
    teacher = listened(told, tokenizer, device)
    asked = batches.plain(batches.encode(spoken, tokenizer, told.text.context), AT_ONCE)
    done = begin("odds of the teacher", len(asked))
    places = cached.write(folder, teacher, _told(asked, device, done), most, digest(tokenizer))
    put(folder / TOKENIZER, tokenizer.to_json().encode())  # a student finds its vocabulary where it finds its teacher
    return places


def _told(asked: Sequence[Batch], device: torch.device, done: Done) -> Iterator[Batch]:
    for batch in asked:
        yield batch.to(device)
        done(1)


def digest(tokenizer: ReplyTokenizer) -> str:
    """What tells one vocabulary from another."""
    return hashlib.sha256(tokenizer.to_json().encode()).hexdigest()


def _author(told: Recipe, tokenizer: ReplyTokenizer, device: torch.device) -> Author:
    teacher = told.teacher
    if teacher.endpoint:
        places = " ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
        return Endpoint(teacher.endpoint, teacher.model, tokenizer, TOLD.format(places=places))
    if not teacher.path:
        raise RecipeError(
            "a phase reads what a teacher wrote, and there is none. Name one under [teacher]: path = the folder of a "
            "checkpoint, or endpoint = the address of a service."
        )
    return Model(_load(Path(teacher.path), tokenizer), Beams(teacher.beams, told.text.reply), device)


def _load(folder: Path, tokenizer: ReplyTokenizer) -> Checkpoint:
    try:
        made = checkpoint.load(folder)
    except CheckpointError as error:
        raise RecipeError(f"teacher.path: {error}") from error
    _same(digest(made.tokenizer), tokenizer, folder)
    return made


def _same(vocabulary: str, tokenizer: ReplyTokenizer, folder: Path) -> None:
    if vocabulary != digest(tokenizer):
        raise RecipeError(
            f"teacher.path: {folder} has another vocabulary than the student, so its odds are of other tokens. "
            f"Give the student its tokenizer: text.tokenizer = {str(folder / 'tokenizer.json')!r}."
        )
