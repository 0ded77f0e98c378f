"""What was asked, and the reply to learn: `{"prompt": [...], "completion": [...]}`, both messages as in a chat.

It is the conversational form of TRL's prompt-completion data, and what the bot exports of corrections. Only the
completion is learnt. `lang`, `domain` and `id` as in a dialogue, if they are there.
"""

from __future__ import annotations

from nlg.data import chats, fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record

NEEDS = frozenset({"prompt", "completion"})


def content(record: Record) -> Content:
    language = fields.label(record, "lang")
    asked, reply = chats.lines(record, "prompt"), chats.reply(record, "completion")
    name, domain = fields.label(record, "id"), fields.label(record, "domain")
    dialogue = Dialogue(name, language, domain, (*asked, reply), given=len(asked))
    return Content(
        dialogue, tuple(text for part in ("prompt", "completion") for text in chats.texts(record, part, language))
    )
