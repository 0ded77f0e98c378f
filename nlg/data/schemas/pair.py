"""A pair: `{"input", "target", "task", "lang", "id"}`; the last three may miss.

`task` tells the languages (`translate_en_zh`, `summarise_zh`); any other task is in `lang` on both sides. The task is
what the dialogue is about, so that a model can be trained on several.
"""

from __future__ import annotations

import re

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record, Text

NEEDS = frozenset({"input", "target"})
TASK = re.compile(r"[a-z]+_(?P<source>[a-z]{2})(?:_(?P<target>[a-z]{2}))?")


def content(record: Record) -> Content:
    given, wanted = fields.text(record, "input"), fields.text(record, "target")
    task = fields.label(record, "task")
    source, target = _languages(task, fields.label(record, "lang"))
    lines = (Line(Role.USER, given), Line(Role.ASSISTANT, wanted))
    read = source if source != target else ""
    dialogue = Dialogue(fields.label(record, "id"), target, task, lines, read=read)
    return Content(dialogue, (Text(given, source), Text(wanted, target)))


def _languages(task: str, language: str) -> tuple[str, str]:
    found = TASK.fullmatch(task)
    if found is None:
        return language, language
    return found["source"], found["target"] or found["source"]
