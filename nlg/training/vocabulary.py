"""Which tokens a model is trained with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nlg import tokenizer
from nlg.checkpoint import TOKENIZER
from nlg.data.examples import Example
from nlg.errors import RecipeError
from nlg.tokenizer import ReplyTokenizer
from nlg.training.recipe import Recipe


def choose(told: Recipe, spoken: Sequence[Example]) -> ReplyTokenizer:
    """The tokenizer that a recipe names, that of the checkpoint it starts from or is taught by, or one that is learnt.

    Raises `RecipeError` when a tokenizer cannot be read.
    """
    if told.text.tokenizer:
        return load(Path(told.text.tokenizer))
    if told.start or told.teacher.path:
        return load(Path(told.start or told.teacher.path) / TOKENIZER)
    topics = {example.domain for example in spoken} if told.text.topics else ()
    return ReplyTokenizer.train(_texts(spoken), told.text.vocab_size, topics)


def load(path: Path) -> ReplyTokenizer:
    """Read a tokenizer's file; raise `RecipeError` when it is none."""
    try:
        return tokenizer.load(path)
    except (OSError, ValueError) as error:
        raise RecipeError(f"the tokenizer {path} cannot be read: {error}") from error


def _texts(spoken: Sequence[Example]) -> list[str]:
    """Each different line once, so that the vocabulary does not depend on how often a reply was repeated."""
    return sorted({text for x in spoken for text in (*(line.text for line in x.lines), *x.replies)})
