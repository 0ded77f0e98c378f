"""Erase a person: look what there is, then let it go, and read the receipt."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.erasing.erasing import erase, look, receipt
from bot.admin.places import Place
from bot.staff import Role

ICON = "M4 6h12M8 6V4.200h4V6M5.500 6l.7 9.800h7.600l.7-9.800M8.500 9v4M11.500 9v4"

GROUP = Group(
    [
        get("/erase", look, Role.ADMIN),
        post("/erase", erase, Role.ADMIN),
        get("/erase/{erasure:int}", receipt, Role.ADMIN),
    ],
    Place("/erase", "erasing.title", order=86, icon=ICON, key="x"),
)
