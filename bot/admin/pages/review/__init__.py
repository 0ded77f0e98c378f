"""Reviewing replies: the queue, verdicts, corrections, flags, whose a conversation is, how far reviewers agree."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.review.agreement import agreement
from bot.admin.pages.review.judging import later, save
from bot.admin.pages.review.looking import look, queue
from bot.admin.pages.review.marking import finish, give
from bot.admin.pages.review.panel import PANEL
from bot.admin.places import Place
from bot.staff import Role

__all__ = ["GROUP", "PANEL"]

GROUP = Group(
    [
        get("/review", queue, Role.REVIEWER),
        get("/review/agreement", agreement, Role.REVIEWER),
        get("/review/replies/{turn:int}", look, Role.REVIEWER),
        post("/review/replies/{turn:int}", save, Role.REVIEWER),
        post("/review/replies/{turn:int}/later", later, Role.REVIEWER),
        post("/review/conversations/{conversation:int}/assign", give, Role.REVIEWER),
        post("/review/conversations/{conversation:int}/finish", finish, Role.REVIEWER),
    ],
    Place("/review", "review.title", order=20, icon="M4 10.500l4 4 8-9", key="r"),
)
