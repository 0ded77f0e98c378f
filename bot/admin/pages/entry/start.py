"""The start page is the first place of the navigation that the user may see."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit


async def start(visit: Visit) -> Response:
    places = [place.path for place in visit.places() if place.path != "/"]
    return visit.go(places[0] if places else "/account")
