"""A document that was written, and who wrote what of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

SCHEMA = "palaver.document/1"


class By(StrEnum):
    """Whose words a paragraph is."""

    TEMPLATE = "template"
    MODEL = "model"
    INSTEAD = "instead"
    """The template's own sentence, as what the model wrote was no good."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`refused` says what was wrong with each text of the model that was likelier than this one, likeliest first."""

    text: str
    by: By
    asked: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Paragraphs in their order. `model` is `name@version`."""

    model: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs) + "\n"

    def notes(self) -> Iterator[str]:
        """What a person should know before signing it."""
        asked = [paragraph for paragraph in self.paragraphs if paragraph.by is not By.TEMPLATE]
        for number, paragraph in enumerate(self.paragraphs, start=1):
            if paragraph.by is By.INSTEAD:
                why = paragraph.refused[0]
                yield f"Paragraph {number} is the template's own. What the model wrote was refused: {why}."
        if asked:
            good = sum(paragraph.by is By.MODEL for paragraph in asked)
            yield f"{self.model} wrote {good} of the {len(asked)} paragraphs asked for. Read them before you send it."

    def to_json(self) -> str:
        told = {"schema": SCHEMA, **asdict(self), "text": self.text}
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
