"""Says whose a conversation is, and that it is done."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.review.looking import GREATEST
from bot.admin.visit import Visit
from bot.store.reviewing.assigning import assign
from bot.store.reviewing.writing import mark_reviewed
from bot.store.tables import ConversationRow


async def give(visit: Visit) -> Response:
    """Give the conversation to a reviewer, or to nobody where the field is empty."""
    conversation, to = await _conversation(visit), await visit.field("assignee")
    if to and not (to.isascii() and to.isdigit() and int(to) < GREATEST):
        raise Refused(400, "error.unreadable")
    async with visit.change("conversation.assigned", f"conversation {conversation}", to=to) as connection:
        if not await assign(connection, conversation, int(to) if to else None):
            raise Refused(400, "error.unreadable")
    visit.flash("review.given" if to else "review.given_to_nobody")
    return await _back(visit, conversation)


async def finish(visit: Visit) -> Response:
    """Say that nothing more has to be looked at, or with `open` that there is."""
    conversation = await _conversation(visit)
    reviewed = not await visit.field("open")
    async with visit.change("conversation.reviewed", f"conversation {conversation}", reviewed=reviewed) as connection:
        await mark_reviewed(connection, conversation, reviewed)
    visit.flash("review.finished" if reviewed else "review.opened_again")
    return await _back(visit, conversation)


async def _conversation(visit: Visit) -> int:
    number: int = visit.request.path_params["conversation"]
    statement = select(ConversationRow.id).where(ConversationRow.id == number)
    async with visit.database.read() as connection:
        if number >= GREATEST or (await connection.execute(statement)).scalar() is None:
            raise not_there()
    return number


async def _back(visit: Visit, conversation: int) -> Response:
    turn = await visit.field("turn")
    if turn.isascii() and turn.isdigit():
        return visit.go(f"/review/replies/{turn}")
    return visit.go(f"/conversations/{conversation}")
