"""Updates as Telegram sends them, made here after the Bot API's documentation, one of each kind that we know of."""

from __future__ import annotations

from typing import Any

from tests.acceptance.payloads.expectations import Sample

ANN = {"id": 8001, "is_bot": False, "first_name": "Ann", "language_code": "en"}
BEN = {"id": 8002, "is_bot": False, "first_name": "Ben"}
US = {"id": 123456789, "is_bot": True, "first_name": "Stand-in", "username": "standin_bot"}
OTHER = {"id": 99, "is_bot": True, "first_name": "Other", "username": "other_bot"}
PRIVATE = {"id": 8001, "type": "private", "first_name": "Ann"}
GROUP = {"id": -1003000000001, "type": "supergroup", "title": "Friends"}
FORUM = GROUP | {"is_forum": True}
FILE = {"file_id": "f", "file_unique_id": "u"}
COMMAND = {"type": "bot_command", "offset": 0}


def said(text: str = "", chat: Any = PRIVATE, sender: Any = ANN, kind: str = "message", **more: Any) -> dict[str, Any]:
    content = {"message_id": 5, "date": 1_790_000_000, "chat": chat, "from": sender} | ({"text": text} if text else {})
    return {kind: {name: value for name, value in (content | more).items() if value is not None}}


def mention(text: str, name: str = "@standin_bot") -> list[dict[str, Any]]:
    offset = len(text[: text.index(name)].encode("utf-16-le")) // 2
    return [{"type": "mention", "offset": offset, "length": len(name)}]


def member(chat: Any, before: str, after: str) -> dict[str, Any]:
    until = {"kicked": {"until_date": 0}}
    states = {
        name: {"user": US, "status": status} | until.get(status, {})
        for name, status in (("old_chat_member", before), ("new_chat_member", after))
    }
    return {"my_chat_member": {"chat": chat, "from": ANN, "date": 1_790_000_000} | states}


def button(**more: Any) -> dict[str, Any]:
    return {"callback_query": {"id": "77", "from": ANN, "chat_instance": "c", "data": "fb:up:1"} | more}


HELLO = "👨‍👩‍👧 hi @standin_bot and you?"
ANSWERED = {
    "a text": said("Hello"),
    "a text in a topic of a private chat": said("Hello", message_thread_id=30, is_topic_message=True),
    "signs of HTML and Markdown": said("Is 1 < 2 && *a_b* `x` [y](z) <b>?"),
    "a reply to an old message": said("and then?", reply_to_message={"message_id": 1, "date": 0, "chat": PRIVATE}),
    "a command": said("/start", entities=[COMMAND | {"length": 6}]),
    "an unknown command": said("/convert", entities=[COMMAND | {"length": 8}]),
    "a photo": said(photo=[FILE | {"width": 1, "height": 1}]),
    "a photo with words": said(photo=[FILE | {"width": 1, "height": 1}], caption="What is this?"),
    "a voice note": said(voice=FILE | {"duration": 3}),
    "a place": said(location={"latitude": 1.0, "longitude": 2.0}),
    "a mention after an emoji": said(HELLO, GROUP, entities=mention(HELLO)),
    "a mention in a topic": said(HELLO, FORUM, entities=mention(HELLO), message_thread_id=30, is_topic_message=True),
    "a reply to us": said("why?", GROUP, reply_to_message=said("because", GROUP, US)["message"]),
    "a customer of a business": said("Hello", kind="business_message", business_connection_id="b1"),
    "a guest's question": said(HELLO, GROUP, kind="guest_message", guest_query_id="g1", entities=mention(HELLO)),
}
SILENT = {
    "a text without words": said("\u200b \u2060"),
    "another bot": said("hello", sender=OTHER),
    "nobody": said("hello", sender=None),
    "people among themselves": said("hello", GROUP),
    "a command for another bot": said("/start@other_bot", GROUP, entities=[COMMAND | {"length": 16}]),
    "a mention of somebody else": said("@other_bot hi", GROUP, entities=mention("@other_bot hi", "@other_bot")),
    "an anonymous admin": said(
        "hello", GROUP, {"id": 1087968824, "is_bot": True, "first_name": "G"}, sender_chat=GROUP
    ),
    "a topic that we opened": said("hi", FORUM, reply_to_message=said(chat=FORUM, sender=US)["message"]),
    "somebody left": said(chat=GROUP, left_chat_member=BEN),
    "a group moved": said(chat={"id": -5, "type": "group", "title": "G"}, migrate_to_chat_id=-1000000000005),
    "the owner of a business": said("Hi", sender=BEN, kind="business_message", business_connection_id="b1"),
    "an edit": said("Hello!", kind="edited_message", edit_date=1_790_000_009),
    "a channel's post": said("News", {"id": -1009, "type": "channel", "title": "News"}, None, "channel_post"),
    "a button of a message": button(message=said("Good?", sender=US)["message"]),
    "a button of an inline message": button(inline_message_id="i1"),
    "a query": {"inline_query": {"id": "1", "from": ANN, "query": "a", "offset": ""}},
    "we were thrown out": member(GROUP, "member", "left"),
    "we were made an admin": member(GROUP, "member", "member"),
    "an update of the future": {"some_future_update": {"x": 1}},
    "no update at all": {"update_id": "1", "message": "unknown_format"},
    "a person who blocked us": member({"id": 8003, "type": "private", "first_name": "Gone"}, "member", "kicked"),
}


def samples() -> list[Sample]:
    answered = [Sample(name, body, frozenset({"answer"})) for name, body in ANSWERED.items()]
    silent = [
        Sample(
            name,
            body,
            frozenset({"ignore"}),
            _called(body),
        )
        for name, body in SILENT.items()
    ]
    return answered + silent


def _called(body: dict[str, Any]) -> dict[str, Any]:
    return {"must_call": "answerCallbackQuery"} if "callback_query" in body else {}
