"""Keeps what a reviewer says of a reply."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.review.looking import GREATEST
from bot.admin.visit import Visit
from bot.messages import Turn
from bot.reviews import LONGEST_CORRECTION, LONGEST_NOTE, Review, Verdict, read_tags
from bot.store.reviewing.queue import all_policies
from bot.store.reviewing.reading import before
from bot.store.reviewing.writing import Reply, find_reply, save_review

LONGEST_TAGS = 400
"""Characters of the field with all tags."""


async def save(visit: Visit) -> Response:
    """Keep verdict, tags, note, correction and flag, and go on."""
    reply, turn = await _reply(visit)
    review = await _review(visit, turn)
    async with visit.change(
        "reply.reviewed", f"conversation {reply.conversation}", **_noted(reply, review)
    ) as connection:
        await save_review(connection, reply, visit.user, review)
    visit.flash("review.saved")
    return await _onwards(visit, reply, turn)


async def later(visit: Visit) -> Response:
    """Leave the reply to others, or to another day."""
    reply, turn = await _reply(visit)
    async with visit.change("reply.put_off", f"conversation {reply.conversation}", turn=reply.turn) as connection:
        await save_review(connection, reply, visit.user, Review(reviewed=False))
    return await _onwards(visit, reply, turn)


async def _reply(visit: Visit) -> tuple[Reply, Turn]:
    number = visit.request.path_params["turn"]
    async with visit.database.read() as connection:
        reply = await find_reply(connection, number) if number < GREATEST else None
        if reply is None:
            raise not_there()
        return reply, (await before(connection, number, 0))[-1]


async def _review(visit: Visit, turn: Turn) -> Review:
    """What the form says. A correction that changes nothing is none, and one that does makes the verdict bad."""
    try:
        verdict = Verdict(await visit.field("verdict"))
    except ValueError:
        raise Refused(400, "error.unreadable") from None
    correction = (await visit.field("correction", LONGEST_CORRECTION)).replace("\r\n", "\n")
    if correction == (turn.draft or turn.text).strip():
        correction = ""
    return Review(
        verdict or (Verdict.BAD if correction else Verdict.NONE),
        read_tags(await visit.field("tags", LONGEST_TAGS)),
        await visit.field("note", LONGEST_NOTE),
        correction,
        bool(await visit.field("flagged")),
    )


def _noted(reply: Reply, review: Review) -> dict[str, object]:
    """What the audit log says: that there is a note or a correction, not what it says."""
    return {
        "turn": reply.turn,
        "verdict": str(review.verdict),
        "flagged": review.flagged,
        "corrected": bool(review.correction),
    }


async def _onwards(visit: Visit, reply: Reply, turn: Turn) -> Response:
    if await visit.field("back") == "talk":
        return visit.go(f"/conversations/{reply.conversation}?at={turn.seq}#t{turn.seq}")
    policy = await visit.field("policy")
    return visit.go(f"/review?policy={policy}" if policy in all_policies() else "/review")
