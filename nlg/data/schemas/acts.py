"""Acts and their wording: `{"acts": [{"act", "slot", "values"}], "target", "service", "context", "lang", "id"}`.

`acts` and `target` must be there. Training reads the acts as a line and the target with placeholders for the values;
`service` is what the dialogue is about. See `nlg.data.acts`.
"""

from __future__ import annotations

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.acts import Act, delexicalise, linearise
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record, Text

NEEDS = frozenset({"acts", "target"})


def content(record: Record) -> Content:
    acts = [_act(act) for act in fields.objects(record, "acts")]
    target, language = fields.text(record, "target"), fields.label(record, "lang")
    lines = (Line(Role.USER, linearise(acts)), Line(Role.ASSISTANT, delexicalise(target, acts).text))
    dialogue = Dialogue(fields.label(record, "id"), language, fields.label(record, "service"), lines)
    context = [Text(fields.text(record, "context"), language)] if record.get("context") else []
    values = [Text(value, "") for act in acts for value in act.values]
    return Content(dialogue, (*context, Text(target, language), *values))


def _act(record: Record) -> Act:
    values = record.get("values") or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("'values' is not a list of strings")
    return Act(fields.text(record, "act"), fields.label(record, "slot"), tuple(values))
