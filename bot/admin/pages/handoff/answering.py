"""The page of whoever answers a person in the bot's place."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bot.admin.errors import not_there
from bot.admin.visible import visible
from bot.admin.visit import Visit
from bot.errors import NotYours
from bot.messages import Turn
from bot.store.attending import Attended, find_attended, last_said, pulse
from bot.store.handing import give_back, take, write

LONGEST = 8000
"""Characters of one message of ours."""


async def answer(visit: Visit) -> Response:
    conversation = await _find(visit)
    async with visit.database.read() as connection:
        seen = await pulse(connection, conversation.id)  # before the turns: what comes in between is shown twice
    said = await _said(visit, conversation)
    return visit.page("handoff/answer.html", conversation=conversation, turns=said, seen=seen)


async def turns(visit: Visit) -> Response:
    """Return the same as data, for a page that is open and heard that something is new."""
    conversation = await _find(visit)
    said = await _said(visit, conversation)
    mine = conversation.taken_by == visit.user.name
    return visit.json({"turns": said, "mine": mine, "answering": _answering(visit, conversation)})


async def take_over(visit: Visit) -> Response:
    """Take it over; from somebody else only where the form says that this is meant."""
    number, others = _number(visit), await visit.field("from_others") == "yes"
    try:
        async with visit.change("conversation.taken", f"conversation {number}", from_others=others) as connection:
            taken = await take(connection, number, visit.user.name, from_others=others)
    except NotYours as error:
        return _refused(visit, error)
    await visit.desk.stop(taken.address, taken.acceptance)
    visit.desk.wake()
    return visit.go(_page(number))


async def give(visit: Visit) -> Response:
    number = _number(visit)
    try:
        async with visit.change("conversation.given_back", f"conversation {number}") as connection:
            await give_back(connection, number, visit.user.name)
    except NotYours as error:
        return _refused(visit, error)
    visit.flash("handoff.given_back")
    return visit.go(_page(number))


async def say(visit: Visit) -> Response:
    """Send what the form holds, by the outbox. The audit log knows that something was said, not what."""
    conversation = await _find(visit, noted=False)
    text = (await visit.field("text", LONGEST)).replace("\r\n", "\n")
    pieces = visit.desk.pieces(conversation.channel, text) if text else ()
    if not pieces:
        visit.flash("handoff.empty", good=False)
        return visit.go(_page(conversation.id))
    try:
        async with visit.change("conversation.answered", f"conversation {conversation.id}") as connection:
            await write(connection, conversation.id, visit.user.name, text, pieces)
    except NotYours as error:
        return _refused(visit, error)
    visit.desk.wake()
    return visit.go(_page(conversation.id))


async def _find(visit: Visit, *, noted: bool = True) -> Attended:
    """Return the conversation; that it was read is noted, unless whoever reads it answers it anyway."""
    number = _number(visit)
    async with visit.database.read() as connection:
        found = await find_attended(connection, number)
    if found is None:
        raise not_there()
    if noted and found.taken_by != visit.user.name:
        await visit.saw("conversation.read", f"conversation {number}")
    return found


async def _said(visit: Visit, conversation: Attended) -> list[dict[str, Any]]:
    async with visit.database.read() as connection:
        return [_shown(visit, turn) for turn in await last_said(connection, conversation.id)]


def _shown(visit: Visit, turn: Turn) -> dict[str, Any]:
    """Return what the page shows of a turn, in the reader's language."""
    name = turn.sender if turn.speaker == "human" else visit.say(f"handoff.speaker.{turn.speaker}")
    text = visit.say("handoff.removed") if turn.removed else turn.text or visit.say(f"handoff.kind.{turn.kind}")
    state = "" if turn.speaker == "user" else visit.say(f"handoff.state.{turn.state}")
    return {
        "seq": turn.seq,
        "speaker": str(turn.speaker),
        "name": name,
        "text": text,
        "pieces": [(piece.text, piece.sign, piece.name) for piece in visible(text)],
        "at": turn.at.timestamp(),
        "state": state,
        "bad": turn.state == "undeliverable",
    }


def _answering(visit: Visit, conversation: Attended) -> str:
    if conversation.taken_by == visit.user.name:
        return visit.say("handoff.by_you")
    if conversation.taken_by:
        return visit.say("handoff.by_other", by=conversation.taken_by)
    return visit.say(f"handoff.by.{conversation.answering}")


def _refused(visit: Visit, error: NotYours) -> Response:
    if not error.known:
        raise not_there() from None
    word = "handoff.has_it" if error.by else "handoff.nobody_has_it"
    visit.flash(word, good=False, by=error.by)
    return visit.go(_page(_number(visit)))


def _number(visit: Visit) -> int:
    return int(visit.request.path_params["conversation"])


def _page(conversation: int) -> str:
    return f"/conversations/{conversation}/answer"
