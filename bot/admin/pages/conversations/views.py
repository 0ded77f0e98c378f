"""Lists that a user wants to find again."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.pages.conversations.listing import query_of, wanted_of
from bot.admin.visit import Visit
from bot.store.views import LONGEST_NAME, keep_view, remove_view


async def save_view(visit: Visit) -> Response:
    """Keep the filters of the list that is open, without the words searched for: those may be a person's."""
    name = await visit.field("name", LONGEST_NAME)
    query = query_of(wanted_of(QueryParams(await visit.field("query", 2000))).values)
    if not name or not query:
        raise Refused(400, "conversations.views.empty")
    async with visit.change("view.saved", f"user {visit.user.id}") as connection:
        await keep_view(connection, visit.user.id, name, query)
    visit.flash("conversations.views.saved", name=name)
    return visit.go(f"/conversations?{query}")


async def drop_view(visit: Visit) -> Response:
    async with visit.change("view.removed", f"user {visit.user.id}") as connection:
        await remove_view(connection, visit.user.id, visit.request.path_params["view"])
    return visit.go("/conversations")
