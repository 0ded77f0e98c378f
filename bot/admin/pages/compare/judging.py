"""Shows two replies without saying whose they are, and keeps which one is chosen."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.visit import Visit
from bot.store.reviewing.comparing import find_pair, judge, open_pair, standings
from bot.store.reviewing.reading import before
from bot.store.rollout.versions import Versions
from bot.versions import Stage

EARLIER = 6
"""Turns that are shown before the two replies."""
AMOUNTS = (5, 10, 20)
GREATEST = 2**53


async def compare(visit: Visit) -> Response:
    """Show the next pair, how models stand, and the form that gathers new pairs."""
    async with visit.database.read() as connection:
        pair = await open_pair(connection, visit.user.id)
        turns = (await before(connection, pair.turn, EARLIER))[:-1] if pair else ()
        standing = await standings(connection)
    if pair:
        await visit.saw("pair.viewed", f"pair {pair.id}")
    versions = [version.name for version in await Versions(visit.database).all() if version.stage is not Stage.RETIRED]
    return visit.page(
        "compare/compare.html", pair=pair, turns=turns, standings=standing, versions=versions, amounts=AMOUNTS
    )


async def choose(visit: Visit) -> Response:
    """Keep what the reviewer chose, and show the next pair."""
    number = visit.request.path_params["comparison"]
    async with visit.database.read() as connection:
        pair = await find_pair(connection, number, visit.user.id) if number < GREATEST else None
    if pair is None:
        raise not_there()
    choice = pair.choice(await visit.field("side"))
    if choice is None:
        raise Refused(400, "error.unreadable")
    async with visit.change("pair.judged", f"pair {pair.id}", choice=str(choice)) as connection:
        await judge(connection, pair, visit.user, choice)
    return visit.go("/compare")
