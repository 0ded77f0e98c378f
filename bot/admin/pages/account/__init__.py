"""The user's own account: language, zone, password, and the browsers that are signed in."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.account.reading import account
from bot.admin.pages.account.writing import end_others, save_password, save_reading
from bot.staff import Role

GROUP = Group(
    [
        get("/account", account, Role.VIEWER),
        post("/account/reading", save_reading, Role.VIEWER),
        post("/account/password", save_password, Role.VIEWER),
        post("/account/sessions/end", end_others, Role.VIEWER),
    ]
)
