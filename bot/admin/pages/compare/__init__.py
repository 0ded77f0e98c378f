"""Blind comparison of two models on the same prompts."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.compare.gathering import start
from bot.admin.pages.compare.judging import choose, compare
from bot.admin.places import Place
from bot.staff import Role

GROUP = Group(
    [
        get("/compare", compare, Role.REVIEWER),
        post("/compare/start", start, Role.REVIEWER),
        post("/compare/{comparison:int}", choose, Role.REVIEWER),
    ],
    Place("/compare", "compare.title", order=25, icon="M3.500 4.500h5v11h-5zM11.500 4.500h5v11h-5z", key="b"),
)
