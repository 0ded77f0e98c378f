"""The people, chats and messages of the stand-in."""

from __future__ import annotations

import re
import time
from typing import Any

SPECIAL = re.compile(r"(?P<mention>(?<!\w)@\w{3,32})|(?P<bot_command>(?<![\w/])/\w{1,64}(?:@\w{3,32})?(?![\w/]))", re.A)


class World:
    """Positive chat ids are private chats with that person, negative ones groups, as in Telegram."""

    def __init__(self, bot_id: int, username: str) -> None:
        self.me = {"id": bot_id, "is_bot": True, "first_name": "Stand-in", "username": username}
        self.chats: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self._newest: dict[int, int] = {}
        """The highest number of a message, by chat: to a bot the same number is a second delivery."""
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}
        self.drafts: dict[int, str] = {}
        self.inline: dict[str, dict[str, Any]] = {}
        """What the bot said as a guest, by the id of the inline message."""

    def chat(self, chat: int, topic: int | None = None) -> dict[str, Any]:
        """Return the chat, made if new. A topic makes a group a forum."""
        known = self.chats.setdefault(chat, _chat(chat))
        if topic is not None and chat < 0:
            known["is_forum"] = True
        return known

    def write(self, chat: int, sender: dict[str, Any], topic: int | None, **content: Any) -> dict[str, Any]:
        """Write a message. Its number is one more than any other's in the chat, also of those that were deleted."""
        said = self.messages.setdefault(chat, [])
        after = said[-1]["message_id"] if said else 0
        self._newest[chat] = max(self._newest.get(chat, 0), after) + 1
        message = {
            "message_id": self._newest[chat],
            "from": sender,
            "chat": self.chat(chat, topic),
            "date": int(time.time()),
        }
        if topic is not None:
            message |= {"message_thread_id": topic, "is_topic_message": True}
        said.append(message | content)
        return said[-1]

    def learn(self, update: dict[str, Any]) -> None:
        """Let what an update tells have happened: its chats are there, and what was said in them."""
        for content in update.values():
            chat = content.get("chat") if isinstance(content, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                self.chats.setdefault(chat["id"], chat)
                said = self.messages.setdefault(chat["id"], [])
                if "message_id" in content:
                    said.append({"from": {}, **content})

    def find(self, chat: int, number: int | None) -> dict[str, Any] | None:
        return next((message for message in self.messages.get(chat, ()) if message["message_id"] == number), None)


def person(number: int, language: str) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": f"Person {number}", "language_code": language}


def words(text: str, name: str = "text") -> dict[str, Any]:
    """Return a text (or `caption`) with its mentions and commands marked, in UTF-16 code units."""
    found = [(match.lastgroup, match.start(), match.group()) for match in SPECIAL.finditer(text)]
    marks = [{"type": kind, "offset": units(text[:at]), "length": units(piece)} for kind, at, piece in found]
    return {name: text} | ({"entities" if name == "text" else f"{name}_entities": marks} if marks else {})


def rewrite(message: dict[str, Any], text: str) -> None:
    """Give a message another text, without the marks of the old one."""
    message.pop("entities", None)
    message.update(words(text))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _chat(number: int) -> dict[str, Any]:
    if number > 0:
        return {"id": number, "type": "private", "first_name": f"Person {number}"}
    kind = "supergroup" if number <= -1_000_000_000_000 else "group"
    return {"id": number, "type": kind, "title": f"Group {-number}"}
