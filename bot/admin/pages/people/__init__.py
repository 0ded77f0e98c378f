"""Who may use the admin pages: users and their roles, invitations, sessions."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.people.inviting import invite_somebody, withdraw_invitation
from bot.admin.pages.people.listing import people
from bot.admin.pages.people.ruling import change_role, disable, enable, end_session
from bot.admin.places import Place
from bot.staff import Role

ICON = (
    "M7.500 9.500a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600z"
    "M2.500 16c.4-2.700 2.400-4.200 5-4.200s4.600 1.500 5 4.200"
    "M13 4.300a2.600 2.600 0 0 1 0 5M14.300 12c1.800.5 3 1.900 3.300 4"
)

GROUP = Group(
    [
        get("/people", people, Role.ADMIN),
        post("/people/invite", invite_somebody, Role.ADMIN),
        post("/people/invitations/{invitation:int}/withdraw", withdraw_invitation, Role.ADMIN),
        post("/people/{user:int}/role", change_role, Role.ADMIN),
        post("/people/{user:int}/disable", disable, Role.ADMIN),
        post("/people/{user:int}/enable", enable, Role.ADMIN),
        post("/people/sessions/{session:int}/end", end_session, Role.ADMIN),
    ],
    Place("/people", "people.title", order=80, icon=ICON, key="p"),
)
