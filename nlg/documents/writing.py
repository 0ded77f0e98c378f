"""Writes a document: fixed sentences are filled in, the rest is asked of a model and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Finish, Line, Role
from nlg.decoding import Row
from nlg.documents.checking import trouble
from nlg.documents.document import By, Document, Paragraph
from nlg.documents.filling import fill, fill_later
from nlg.documents.template import Part, Template
from nlg.running import write as answers
from nlg.speech import Speech

TRIES = 4
HEAT, CORE = 0.7, 0.8
"""Temperature and top-p of all tries but the first: with more, a small model writes nonsense that passes."""


class Writer:
    """Writes what one model is asked for; of `tries` texts the likeliest that is good is taken."""

    def __init__(self, checkpoint: Checkpoint, tries: int = TRIES) -> None:
        self._checkpoint = checkpoint
        first = checkpoint.decoding
        drawn = replace(first, temperature=HEAT, top_p=CORE)
        more = (replace(drawn, seed=first.seed + at) for at in range(1, tries))
        self._decodings: list[Decoding] = [first, *more]

    def write(self, template: Template, given: Mapping[str, str], parts: Iterable[Part] | None = None) -> Document:
        """Fill in and ask. `parts` are those of the template, if somebody wants to watch them go by."""
        wanted = template.parts if parts is None else parts
        return Document(self._checkpoint.id, tuple(self._paragraph(template, part, given) for part in wanted))

    def _paragraph(self, template: Template, part: Part, given: Mapping[str, str]) -> Paragraph:
        if part.text:
            return Paragraph(fill(part.text, given).strip(), By.TEMPLATE)
        asked, kept = fill(part.ask, given), template.kept(part)
        refused: list[str] = []
        for text, unfinished in self._answers(asked, template.language):
            wrong = unfinished or trouble(text, given, kept, fill_later(asked, given))
            if not wrong:
                return Paragraph(fill_later(text, given), By.MODEL, asked, tuple(refused))
            refused.append(wrong)
        return Paragraph(fill(part.instead, given).strip(), By.INSTEAD, asked, tuple(refused))

    def _answers(self, asked: str, language: str) -> Iterator[tuple[str, str]]:
        """What the model writes, likeliest first, each with what is wrong with it as a text."""
        tokenizer, room = self._checkpoint.tokenizer, self._checkpoint.context
        context, words = tokenizer.context((Line(Role.USER, asked),), language, room), tokenizer.encode(asked)
        if context[-len(words) :] != words:
            yield "", f"nothing came: the question is longer than the {room} tokens that the model reads"
            return
        contexts: Sequence[list[int]] = [context] * len(self._decodings)
        rows = answers(self._checkpoint.writer, contexts, self._decodings, tokenizer.silent)
        for row in sorted(rows, key=lambda row: -row.score / row.steps):
            yield Speech(tokenizer).rest(row.tokens), _unfinished(row)


def _unfinished(row: Row) -> str:
    return "" if row.finish is Finish.END else "it has no end"
