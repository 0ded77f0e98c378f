"""Versions of the model: what was measured of them, how they do among people, and whom they answer."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.models.showing import models
from bot.admin.pages.models.staging import put_back, put_to_stage
from bot.admin.places import Place
from bot.staff import Role

ICON = "M10 3.500l6.500 3.500-6.500 3.500L3.500 7zM3.500 10.500 10 14l6.500-3.500M3.500 13.500 10 17l6.500-3.500"

GROUP = Group(
    [
        get("/models", models, Role.VIEWER),
        post("/models/{version}/stage", put_to_stage, Role.ADMIN),
        post("/models/{version}/back", put_back, Role.ADMIN),
    ],
    Place("/models", "models.title", order=50, icon=ICON, key="m"),
)
