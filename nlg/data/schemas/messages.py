"""A chat as most libraries write it: `{"messages": [{"role": "user" | "assistant" | "system", "content"}]}`.

The system's words are left out of the dialogue: our models are told nothing but what was said. `lang`, `domain` and
`id` as in a dialogue, if they are there.
"""

from __future__ import annotations

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record, Text

NEEDS = frozenset({"messages"})
ROLES = {str(role): role for role in Role}
SYSTEM = "system"


def content(record: Record) -> Content:
    messages = fields.objects(record, "messages")
    spoken = [message for message in messages if message.get("role") != SYSTEM]
    lines = tuple(Line(fields.role(message, ROLES), fields.text(message, "content")) for message in spoken)
    language = fields.label(record, "lang")
    dialogue = Dialogue(fields.label(record, "id"), language, fields.label(record, "domain"), lines)
    return Content(dialogue, tuple(Text(fields.text(message, "content"), language) for message in messages))
