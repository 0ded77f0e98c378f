"""What the model sees of a text: no controls, no tricks of direction, no towers of marks. The transcript keeps all."""

from __future__ import annotations

from unicodedata import normalize

import regex

LONGEST = 4000
"""Characters of one message that go to the model."""
CUT = " […]"

CONTROL = regex.compile(r"[\p{Cc}--[\n\t]]|[\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB]|\p{Cs}", regex.V1)
TAGS = regex.compile(r"(?<!\U0001F3F4[\U000E0020-\U000E007E]*)[\U000E0000-\U000E007F]")
TOWER = regex.compile(r"(\p{M}{8})\p{M}+")
"""The longest natural cluster has eight marks."""


def for_model(text: str) -> str:
    """Return the text in NFC without invisible controls, at most `LONGEST` characters."""
    clean = TOWER.sub(r"\1", TAGS.sub("", CONTROL.sub("", normalize("NFC", text)))).strip()
    return clean if len(clean) <= LONGEST else clean[: LONGEST - len(CUT)] + CUT
