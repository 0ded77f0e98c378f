"""Messages as most libraries write them: `{"role": "user" | "assistant" | "system", "content"}`.

The system's words are left out: our models are told nothing but what was said.
"""

from __future__ import annotations

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.rows import Record, Text

ROLES = {str(role): role for role in Role}
SYSTEM = "system"


def lines(record: Record, name: str) -> tuple[Line, ...]:
    """Who said what in the messages called `name`; raise `ValueError`."""
    spoken = [message for message in fields.objects(record, name) if message.get("role") != SYSTEM]
    return tuple(Line(fields.role(message, ROLES), fields.text(message, "content")) for message in spoken)


def texts(record: Record, name: str, language: str) -> tuple[Text, ...]:
    """Everything that is written in them, the system's words too; raise `ValueError`."""
    return tuple(Text(fields.text(message, "content"), language) for message in fields.objects(record, name))


def reply(record: Record, name: str) -> Line:
    """The one message of the assistant called `name`; raise `ValueError` for anything else."""
    spoken = lines(record, name)
    if len(spoken) != 1 or spoken[0].role is not Role.ASSISTANT:
        raise ValueError(f"{name!r} is not one message of the assistant")
    return spoken[0]
