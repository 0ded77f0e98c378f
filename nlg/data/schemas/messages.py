"""A chat as most libraries write it: `{"messages": [{"role": "user" | "assistant" | "system", "content"}]}`.

`lang`, `domain` and `id` as in a dialogue, if they are there.
"""

from __future__ import annotations

from nlg.data import chats, fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record

NEEDS = frozenset({"messages"})


def content(record: Record) -> Content:
    language = fields.label(record, "lang")
    spoken = chats.lines(record, "messages")
    dialogue = Dialogue(fields.label(record, "id"), language, fields.label(record, "domain"), spoken)
    return Content(dialogue, chats.texts(record, "messages", language))
