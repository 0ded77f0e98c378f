"""Conversations: the list with its filters, search and saved views; one conversation; why a reply was given."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.conversations.listing import conversations
from bot.admin.pages.conversations.reply import reply, write_again
from bot.admin.pages.conversations.transcript import conversation
from bot.admin.pages.conversations.views import drop_view, save_view
from bot.admin.places import Place
from bot.staff import Role

GROUP = Group(
    [
        get("/conversations", conversations, Role.VIEWER),
        post("/conversations/views", save_view, Role.VIEWER),
        post("/conversations/views/{view:int}/remove", drop_view, Role.VIEWER),
        get("/conversations/{conversation:int}", conversation, Role.VIEWER),
        get("/conversations/{conversation:int}/replies/{turn:int}", reply, Role.VIEWER),
        post("/conversations/{conversation:int}/replies/{turn:int}/again", write_again, Role.REVIEWER),
    ],
    Place("/conversations", "conversations.title", order=10, icon="M3.5 4.500h13v9h-7l-4 3v-3h-2z", key="c"),
)
