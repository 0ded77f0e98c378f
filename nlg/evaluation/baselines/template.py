"""Says a line of acts plainly, in English, a sentence an act: `OFFER city={{v1}}` is `How about {{v1}}?`.

No slot is missed and none is said twice, so all that a model can be better at is the wording.
"""

from __future__ import annotations

from nlg.data.acts import BETWEEN
from nlg.data.examples import Example

SENTENCES = {
    "CONFIRM": "The {slot} is {values}, right?",
    "GOODBYE": "Goodbye.",
    "INFORM": "The {slot} is {values}.",
    "INFORM_COUNT": "There are {values}.",
    "NOTIFY_FAILURE": "That did not work.",
    "NOTIFY_SUCCESS": "That is done.",
    "OFFER": "How about {values}?",
    "OFFER_INTENT": "Shall I go on with {values}?",
    "REQ_MORE": "Anything else?",
    "REQUEST": "What {slot} would you like?",
}
"""The acts of Schema-Guided Dialogue (Rastogi et al. 2020). Others are said as they are called."""
CHOICE = "What {slot} would you like, {values}?"


def reply(example: Example) -> str:
    return " ".join(_sentence(act) for act in example.lines[-1].text.split(BETWEEN))


def _sentence(line: str) -> str:
    head, _, values = line.partition("=")
    act, _, slot = head.partition(" ")
    shape = CHOICE if act == "REQUEST" and values else SENTENCES.get(act)
    told = " or ".join(values.split(", "))
    slot = slot.replace("_", " ")
    if shape is None:
        return " ".join(part for part in (act.replace("_", " ").capitalize(), slot, told) if part) + "."
    return shape.format(slot=slot, values=told)
