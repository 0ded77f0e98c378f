"""The list of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.pages.conversations.snippet import snippet
from bot.admin.paging import read_slice
from bot.admin.visit import Visit
from bot.store.filters import filters
from bot.store.listing import MOST_COUNTED, Wanted, choices, count, listed, walk
from bot.store.terms import terms
from bot.store.views import views_of

LONGEST = 200
"""Characters of what is searched for, and of a filter's value."""


async def conversations(visit: Visit) -> Response:
    """Show the conversations that the address asks for."""
    wanted = wanted_of(visit.request.query_params)
    if wanted.words:
        await visit.saw("conversation.searched", filters=list(wanted.values))  # for which words is not noted
    async with visit.database.read() as connection:
        way = await walk(connection, wanted)
        part = await read_slice(visit, connection, way.statement, way.keys)
        rows, found = await listed(connection, part.rows), await count(connection, wanted)
        offered, views = await choices(connection), await views_of(connection, visit.user.id)
    sought = terms(wanted.words)
    return visit.page(
        "conversations/list.html",
        wanted=wanted,
        part=part,
        rows=rows,
        found=found,
        offered=offered,
        views=views,
        most=MOST_COUNTED,
        filters=filters(),
        query=query_of(wanted.values),
        snippet=lambda text: snippet(text, sought),
    )


def wanted_of(query: QueryParams) -> Wanted:
    """Read what is wanted from an address or a form. Raises `Refused` for what makes no sense."""
    values = {name: query.get(name, "")[:LONGEST] for name in filters()}
    wanted = Wanted(query.get("q", "").strip()[:LONGEST], {name: value for name, value in values.items() if value})
    try:
        wanted.conditions()
    except ValueError:
        raise Refused(400, "error.unreadable") from None
    if any("\0" in value for value in wanted.values.values()):
        raise Refused(400, "error.unreadable")
    return wanted


def query_of(values: Mapping[str, str]) -> str:
    """Write values of filters as the query of an address."""
    return urlencode(dict(values))
