"""A dialogue: `{"id", "lang", "domain", "turns": [{"role": "user" | "assistant", "text"}]}`.

`lang` and `domain` may miss.
"""

from __future__ import annotations

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record, Text

NEEDS = frozenset({"id", "turns"})
ROLES = {str(role): role for role in Role}


def content(record: Record) -> Content:
    turns = fields.objects(record, "turns")
    lines = tuple(Line(fields.role(turn, ROLES), fields.text(turn, "text")) for turn in turns)
    language = fields.label(record, "lang")
    dialogue = Dialogue(fields.label(record, "id"), language, fields.label(record, "domain"), lines)
    return Content(dialogue, tuple(Text(line.text, language) for line in lines))
