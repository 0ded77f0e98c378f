"""People of the team answer: who waits for them, taking a conversation over, writing, giving it back."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.handoff.answering import answer, give, say, take_over, turns
from bot.admin.pages.handoff.beside import on_transcript
from bot.admin.pages.handoff.following import follow_all, follow_conversation
from bot.admin.pages.handoff.waiting import done, waiting
from bot.admin.panels import Panel
from bot.admin.places import Place
from bot.staff import Role

BELL = (
    "M10 3.500a4.500 4.500 0 0 1 4.500 4.500c0 4 1.500 5 1.500 5H4s1.500-1 1.500-5A4.500 4.500 0 0 1 10 3.500z"
    "M8.300 16a1.900 1.900 0 0 0 3.400 0"
)

GROUP = Group(
    [
        get("/waiting", waiting, Role.REVIEWER),
        get("/waiting/live", follow_all, Role.REVIEWER),
        post("/waiting/{alert:int}/done", done, Role.REVIEWER),
        get("/conversations/{conversation:int}/answer", answer, Role.REVIEWER),
        get("/conversations/{conversation:int}/answer/turns", turns, Role.REVIEWER),
        get("/conversations/{conversation:int}/answer/live", follow_conversation, Role.REVIEWER),
        post("/conversations/{conversation:int}/take", take_over, Role.REVIEWER),
        post("/conversations/{conversation:int}/say", say, Role.REVIEWER),
        post("/conversations/{conversation:int}/give", give, Role.REVIEWER),
    ],
    Place("/waiting", "handoff.title", order=15, icon=BELL, key="w"),
)

PANEL = Panel(10, on_transcript, head="handoff/panel.html", reply="handoff/thumbs.html")
