"""Who waits for a person, and who is answered by one now."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import not_there
from bot.admin.visit import Visit
from bot.store.alerts import Alerts, close_alert
from bot.store.attending import pulse_of_all, taken_conversations


async def waiting(visit: Visit) -> Response:
    async with visit.database.read() as connection:
        seen = await pulse_of_all(connection)
        taken = await taken_conversations(connection)
    alerts = await Alerts(visit.database).open()
    return visit.page("handoff/waiting.html", alerts=alerts, taken=taken, seen=seen)


async def done(visit: Visit) -> Response:
    """Somebody looked, and nothing needs to be written."""
    alert = visit.request.path_params["alert"]
    async with visit.change("alert.closed", f"alert {alert}") as connection:
        if not await close_alert(connection, alert, visit.user.name):
            raise not_there()
    visit.flash("handoff.closed")
    return visit.go("/waiting")
