"""Looks for what a person wrote, erases it, and shows the receipt."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.visit import Visit
from bot.store.persons import Found, Person, channels, erase_person, find_erasure, find_person, person_of

LONGEST = 200


async def look(visit: Visit) -> Response:
    """Show the form, filled in with whom the address names: a channel with a sender or chat, or a conversation."""
    query = visit.request.query_params
    person = Person(*(query.get(name, "").strip()[:LONGEST] for name in ("channel", "sender", "chat")))
    async with visit.database.read() as connection:
        if (named := query.get("conversation", "")).isdecimal():
            person = await person_of(connection, int(named[:15])) or person
        found = await find_person(connection, person) if person.sender or person.chat else Found()
        known = await channels(connection)
    return visit.page("erasing/look.html", person=person, found=found, channels=known)


async def erase(visit: Visit) -> Response:
    """Erase, and note that somebody was; not who. Of this the receipt's number is all that is kept."""
    person = Person(*[await visit.field(name, LONGEST) for name in ("channel", "sender", "chat")])
    if not (person.channel and (person.sender or person.chat)):
        raise Refused(400, "erasing.nobody")
    async with visit.database.begin() as connection:
        erasure = await erase_person(connection, person, visit.user.name)
        await visit.note(connection, "person.erased", f"erasure {erasure.id}", {"channel": person.channel})
    if not await visit.database.scrub():
        visit.flash("erasing.later", good=False)
    return visit.go(f"/erase/{erasure.id}")


async def receipt(visit: Visit) -> Response:
    async with visit.database.read() as connection:
        erasure = await find_erasure(connection, visit.request.path_params["erasure"])
    if erasure is None:
        raise not_there()
    return visit.page("erasing/receipt.html", erasure=erasure)
