"""The way in and out: sign in, sign out, and the start page."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.entry.invitation import accept, invitation
from bot.admin.pages.entry.login import login, logout, sign_in
from bot.admin.pages.entry.start import start
from bot.staff import Role

GROUP = Group(
    [
        get("/", start, Role.VIEWER),
        get("/login", login, None),
        post("/login", sign_in, None),
        post("/logout", logout, None),
        get("/invitation/{token}", invitation, None),
        post("/invitation/{token}", accept, None),
    ]
)
