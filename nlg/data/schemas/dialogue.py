"""A dialogue: `{"id", "lang", "domain", "turns": [{"role": "user" | "assistant", "text", "topic"}]}`.

`lang`, `domain` and `topic` may miss; a turn has a `topic` where it turns to something else than the `domain`.
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
    topics = {at: fields.label(turn, "topic") for at, turn in enumerate(turns) if turn.get("topic")}
    dialogue = Dialogue(fields.label(record, "id"), language, fields.label(record, "domain"), lines, topics)
    return Content(dialogue, tuple(Text(line.text, language) for line in lines))
