"""What was asked, and which of two replies people chose: `{"prompt": [...], "chosen": [...], "rejected": [...]}`.

All three are messages as in a chat: the conversational form of TRL's preference data, and what the bot exports of
corrections and comparisons. The chosen reply is learnt; the rejected one is learnt nowhere, and a preference loss such
as `dpo` makes it rarer. `lang`, `domain` and `id` as in a dialogue, if they are there.
"""

from __future__ import annotations

from nlg.data import chats, fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record

NEEDS = frozenset({"prompt", "chosen", "rejected"})
PARTS = ("prompt", "chosen", "rejected")


def content(record: Record) -> Content:
    language = fields.label(record, "lang")
    asked, chosen, rejected = (
        chats.lines(record, "prompt"),
        chats.reply(record, "chosen"),
        chats.reply(record, "rejected"),
    )
    name, domain = fields.label(record, "id"), fields.label(record, "domain")
    dialogue = Dialogue(name, language, domain, (*asked, chosen), given=len(asked), worse=(rejected.text,))
    return Content(dialogue, tuple(text for part in PARTS for text in chats.texts(record, part, language)))
