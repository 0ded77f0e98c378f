"""Makes texts of strangers fit to be shown: one line, of a bearable length, without personal data or control signs."""

from __future__ import annotations

import unicodedata

from nlg.data.privacy import redact

LONGEST = 160


def shown(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text. Control signs, which could move a terminal's cursor or turn the line, become blanks."""
    text = redact(text[: longest * 64]).text
    line = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def cell(text: str) -> str:
    """A text for a table in Markdown: nothing in it makes a link, a tag or another column."""
    for sign in "\\`*_{}[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text
