"""A conversation of ours with what people thought of the replies, as the bot exports it.

`{"conversation", "channel", "language", "turns": [{"role", "text", "model", "draft", "verdict", "correction"}]}`

`role` is `user`, `bot` or `human` (one of the team, in the bot's place). A bot's turn may name the `model` that wrote
it, its `draft` before the owner's facts were filled in, a `verdict` (`good` or `bad`) and a `correction`, a better
wording. Further fields are kept and not read.

Nothing is learnt from a bad reply: a correction takes its place and ends the dialogue, as what follows answers other
words; without a correction the dialogue ends before it. Drafts are learnt rather than texts, so that the owner's facts
stay placeholders. What a correction replaces counts as rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nlg.contract import Line, Role
from nlg.data import fields
from nlg.data.dialogues import Dialogue
from nlg.data.rows import Content, Record, Text

NEEDS = frozenset({"conversation", "channel", "turns"})
ROLES = {"user": Role.USER, "bot": Role.ASSISTANT, "human": Role.ASSISTANT}
BAD = "bad"
VERDICTS = ("", "good", BAD)
WORDINGS = ("correction", "draft", "text")


def content(record: Record) -> Content:
    turns = fields.objects(record, "turns")
    language = fields.label(record, "language")
    read = tuple(_lines(turns))
    worse = tuple(dict.fromkeys(_rejected(turns)))
    dialogue = Dialogue(fields.label(record, "conversation"), language, "", read, worse=worse)
    written = [Text(str(turn[name]), language) for turn in turns for name in WORDINGS if turn.get(name)]
    return Content(dialogue, tuple(written))


def _lines(turns: Iterable[Record]) -> Iterator[Line]:
    learning = True
    for turn in turns:
        role, text, verdict = fields.role(turn, ROLES), fields.text(turn, "text"), fields.label(turn, "verdict")
        if verdict not in VERDICTS:
            raise ValueError(f"{verdict!r} is no verdict: write good, bad or nothing")
        correction = fields.label(turn, "correction")
        bad = verdict == BAD or bool(correction)
        if learning and (correction or not bad):
            yield Line(role, correction or fields.label(turn, "draft") or text)
        learning = learning and not bad


def _rejected(turns: Iterable[Record]) -> Iterator[str]:
    """What the first bad reply said, if that is where the dialogue ends with a correction."""
    for turn in turns:
        if turn.get("correction"):
            yield fields.label(turn, "draft") or fields.text(turn, "text")
        if turn.get("correction") or turn.get("verdict") == BAD:
            return
