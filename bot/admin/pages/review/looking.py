"""Shows the reply that is to be judged, with what came before it."""

from __future__ import annotations

import random
from typing import Any

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.review.settings import ReviewSettings
from bot.admin.visit import Visit
from bot.errors import SettingsError
from bot.reviews import Review
from bot.store.reviewing.queue import Wish, all_policies, next_reply
from bot.store.reviewing.reading import before, counts, mark_of, model_of, reviewers, reviews_of
from bot.store.reviewing.writing import find_reply

EARLIER = 8
"""Turns that are shown before the reply."""
GREATEST = 2**53


async def queue(visit: Visit) -> Response:
    """Go to the next reply by the policy that the address names, or say that there is none."""
    policy = visit.request.query_params.get("policy", "")
    wish = Wish(visit.user.id, ReviewSettings.load().low_score, random.random())
    async with visit.database.read() as connection:
        try:
            found = await next_reply(connection, wish, policy)
        except SettingsError:
            raise Refused(400, "error.unreadable") from None
        done = await counts(connection)
    if found is None:
        return visit.page("review/empty.html", policy=policy, policies=list(all_policies()), done=done)
    return visit.go(f"/review/replies/{found[0]}?policy={policy}&why={found[1]}")


async def look(visit: Visit) -> Response:
    """Show one reply. `back=talk` in the address leads back to its conversation, anything else to the queue."""
    turn, query = visit.request.path_params["turn"], visit.request.query_params
    async with visit.database.read() as connection:
        reply = await find_reply(connection, turn) if turn < GREATEST else None
        if reply is None:
            raise not_there()
        turns = await before(connection, turn, EARLIER)
        said = (await reviews_of(connection, [turn])).get(turn, [])
        values: dict[str, Any] = {
            "mark": await mark_of(connection, reply.conversation),
            "people": await reviewers(connection),
            "written": await model_of(connection, turn),
            "done": await counts(connection),
        }
    await visit.saw("reply.viewed", f"conversation {reply.conversation}", turn=turn)
    own = next((one.review for one in said if one.current and one.reviewer == visit.user.id), Review())
    policies = all_policies()
    return visit.page(
        "review/look.html",
        turns=turns,
        reply=turns[-1],
        conversation=reply.conversation,
        original=turns[-1].draft or turns[-1].text,
        said=said,
        own=own,
        policies=list(policies),
        policy=query.get("policy", "") if query.get("policy", "") in policies else "",
        why=query.get("why", "") if query.get("why", "") in policies else "",
        back="talk" if query.get("back") == "talk" else "",
        **values,
    )
