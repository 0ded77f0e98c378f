"""What we make of each kind of update."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.messages import Address, Departure, Edit, Halt, Ignored, Kind, Message, Move
from bot.untrusted import Unusable
from connectors.telegram.listening import Me
from connectors.telegram.standin.world import words
from connectors.telegram.updates import ASKED_FOR, to_event

GROUP = {"id": -100, "type": "supergroup", "title": "Friends"}
FORUM = GROUP | {"is_forum": True}
OURSELVES = {"id": 123456789, "is_bot": True, "first_name": "Stand-in", "username": "standin_bot"}
OTHER_BOT = {"id": 99, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
VOICE = {"file_id": "a", "file_unique_id": "b", "duration": 3}
PHOTO = [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]


def ours(**more: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": 1_700_000_000, "from": OURSELVES, "chat": GROUP, "text": "I said"} | more


def test_a_private_text_is_a_message(hear: Any) -> None:
    assert hear("Hello") == Message(
        address=Address("telegram", "123456789", "7"),
        key="update:9",
        text="Hello",
        sender="7",
        platform_id="5",
        order=5.0,
        private=True,
        language="de",
    )


def test_an_unaddressed_text_in_a_group_is_not_for_us(hear: Any) -> None:
    assert hear("Hello", chat=GROUP) == Ignored("telegram", "123456789", "update:9", "not for us")


@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_a_mention_in_a_group_is_for_us(hear: Any, kind: str) -> None:
    heard = hear(**words("👨‍👩‍👧 hi @standin_bot and you?"), chat=GROUP | {"type": kind})
    assert (heard.text, heard.private, heard.address.chat) == ("👨‍👩‍👧 hi and you?", False, "-100")


def test_who_writes_nothing_but_our_name_is_heard(hear: Any) -> None:
    assert hear(**words("@standin_bot"), chat=GROUP).text == "@standin_bot"
    assert hear(**words("@standin_bot \u200b"), chat=GROUP).text == "@standin_bot \u200b"


def test_a_mention_by_name_of_a_person_without_username_is_for_us(hear: Any) -> None:
    entities = [{"type": "text_mention", "offset": 0, "length": 8, "user": OURSELVES}]
    assert hear("Stand-in, are you there?", entities=entities, chat=GROUP).text == "are you there?"


@pytest.mark.parametrize(
    "said",
    [
        words("@other_bot hello"),
        words("@standin_bot_2 hello"),
        {"text": "@standin_bot hello"},
        {"text": "@standin_bot hello", "entities": [{"type": "code", "offset": 0, "length": 12}]},
        {"text": "hello @standin_bot", "entities": [{"type": "mention", "offset": 5, "length": 12}]},
        {"text": "hello", "entities": [{"type": "mention", "offset": 500, "length": 12}]},
        {"text": "/start"},
        words("please /help"),
    ],
)
def test_a_group_is_answered_only_where_it_is_certain(hear: Any, said: dict[str, Any]) -> None:
    assert hear(**said, chat=GROUP).reason == "not for us"


def test_a_reply_to_us_is_for_us(hear: Any) -> None:
    assert hear("why?", chat=GROUP, reply_to_message=ours()).text == "why?"


def test_a_reply_to_somebody_else_is_not(hear: Any) -> None:
    for somebody in (OTHER_BOT, None):
        before = {name: value for name, value in ours(**{"from": somebody}).items() if value is not None}
        assert hear("why?", chat=GROUP, reply_to_message=before).reason == "not for us"


def test_in_a_topic_that_we_opened_not_everything_is_a_reply_to_us(hear: Any) -> None:
    opening = ours(text=None, message_id=30, forum_topic_created={"name": "Help", "icon_color": 1})
    opening.pop("text")
    heard = hear("hello", chat=FORUM, reply_to_message=opening, message_thread_id=30, is_topic_message=True)
    assert heard.reason == "not for us"


@pytest.mark.parametrize("text", ["/help", "/help@standin_bot", "/Help@STANDIN_BOT", "@standin_bot /help"])
def test_a_command_in_a_group_is_for_us(hear: Any, text: str) -> None:
    heard = hear(**words(text), chat=GROUP)
    assert (heard.kind, heard.command) == (Kind.COMMAND, "help")


@pytest.mark.parametrize("text", ["/start@other_bot", "/start@other_bot @standin_bot", "@standin_bot /start@other_bot"])
def test_a_command_for_another_bot_is_not(hear: Any, text: str) -> None:
    assert hear(**words(text), chat=GROUP).reason == "not for us"
    assert hear(**words(text), chat=GROUP, reply_to_message=ours()).reason == "not for us"


def test_a_command_has_a_name_and_an_argument(hear: Any) -> None:
    heard = hear(**words("/Forget@standin_bot  all of it "))
    assert (heard.kind, heard.command, heard.argument) == (Kind.COMMAND, "forget", "all of it")


def test_in_a_private_chat_a_command_needs_no_mark(hear: Any) -> None:
    assert hear("/start").command == "start"


def test_a_path_is_text(hear: Any) -> None:
    assert hear("/usr/bin/python").kind is Kind.TEXT


def test_media_without_words_is_media(hear: Any) -> None:
    heard = hear(voice=VOICE)
    assert (heard.kind, heard.text) == (Kind.MEDIA, "")


@pytest.mark.parametrize("name", ["location", "contact", "dice", "sticker"])
def test_other_things_are_media_too(hear: Any, name: str) -> None:
    things = {
        "location": {"latitude": 1.0, "longitude": 2.0},
        "contact": {"phone_number": "1", "first_name": "Ann"},
        "dice": {"emoji": "🎲", "value": 3},
        "sticker": {
            "file_id": "a",
            "file_unique_id": "b",
            "type": "regular",
            "width": 1,
            "height": 1,
            "is_animated": False,
            "is_video": False,
        },
    }
    assert hear(**{name: things[name]}).kind is Kind.MEDIA


def test_a_caption_is_text(hear: Any) -> None:
    assert (hear(photo=PHOTO, caption="What is this?").kind, hear(photo=PHOTO, caption="What?").text) == (
        "text",
        "What?",
    )


def test_a_caption_mentions_us_as_a_text_does(hear: Any) -> None:
    marks = {"caption": "@standin_bot what is this?", "caption_entities": words("@standin_bot")["entities"]}
    assert hear(photo=PHOTO, chat=GROUP, **marks).text == "what is this?"
    assert hear(photo=PHOTO, chat=GROUP, caption="what is this?").reason == "not for us"


def test_a_caption_that_only_mentions_us_leaves_media(hear: Any) -> None:
    marks = {"caption": "@standin_bot", "caption_entities": words("@standin_bot")["entities"]}
    assert hear(photo=PHOTO, chat=GROUP, **marks).kind is Kind.MEDIA


def test_a_voice_note_in_a_group_is_for_us_where_it_replies_to_us(hear: Any) -> None:
    assert hear(voice=VOICE, chat=GROUP).reason == "not for us"
    assert hear(voice=VOICE, chat=GROUP, reply_to_message=ours()).kind is Kind.MEDIA


@pytest.mark.parametrize("text", [" ", "\u200b \u2060", "\u3164"])
def test_nothing_but_blanks_is_no_question(hear: Any, text: str) -> None:
    assert hear(text).reason == "no words"


def test_a_topic_is_a_thread(hear: Any) -> None:
    heard = hear(**words("/help"), chat=FORUM, message_thread_id=30, is_topic_message=True)
    assert heard.address.thread == "30"


def test_a_topic_of_a_private_chat_is_a_thread(hear: Any) -> None:
    assert hear("hello", message_thread_id=1, is_topic_message=True).address.thread == "1"


def test_the_general_topic_is_the_group_itself(hear: Any) -> None:
    assert hear(**words("/help"), chat=FORUM).address.thread == ""
    assert hear(**words("/help"), chat=FORUM, message_thread_id=1, is_topic_message=True).address.thread == ""


def test_the_thread_of_a_reply_does_not_split_a_group(hear: Any) -> None:
    heard = hear("why?", chat=GROUP, reply_to_message=ours(), message_thread_id=3)
    assert heard.address.thread == ""


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("our own", {"from": OURSELVES}),
        ("from a bot", {"from": OTHER_BOT}),
        ("no sender", {"from": None}),
        ("channel post", {"chat": {"id": -1, "type": "channel"}}),
        ("channel post", {"chat": GROUP, "is_automatic_forward": True, "sender_chat": {"id": -1, "type": "channel"}}),
        ("posted as a channel", {"chat": GROUP, "from": OTHER_BOT, "sender_chat": {"id": -1, "type": "channel"}}),
        ("direct messages of a channel", {"chat": GROUP | {"is_direct_messages": True}}),
        ("unknown kind of chat", {"chat": {"id": 1, "type": "plaza"}}),
    ],
)
def test_who_cannot_be_answered_is_ignored_by_a_named_rule(hear: Any, rule: str, fields: dict[str, Any]) -> None:
    assert hear(**words("@standin_bot hello"), **fields) == Ignored("telegram", "123456789", "update:9", rule)
    assert hear(**words("@standin_bot hello"), **fields, kind="edited_message").reason == rule


def test_an_anonymous_admin_is_answered_as_the_group(hear: Any) -> None:
    heard = hear(**words("@standin_bot hello"), chat=GROUP, sender_chat=GROUP, **{"from": ANONYMOUS})
    assert (heard.sender, heard.text, heard.language) == ("-100", "hello", "")
    assert hear("hello", chat=GROUP, sender_chat=GROUP, **{"from": ANONYMOUS}).reason == "not for us"


def test_a_text_chosen_through_another_bot_is_the_persons(hear: Any) -> None:
    assert hear("42", via_bot=OTHER_BOT).text == "42"


def test_a_forwarded_text_is_the_persons(hear: Any) -> None:
    origin = {"type": "user", "date": 1, "sender_user": OTHER_BOT}
    assert hear("Look at this", forward_origin=origin).text == "Look at this"


@pytest.mark.parametrize(
    "service",
    [
        {"new_chat_members": [OURSELVES]},
        {"left_chat_member": OURSELVES},
        {"pinned_message": ours()},
        {"forum_topic_created": {"name": "Help", "icon_color": 1}},
        {"something_of_next_year": {"x": 1}},
    ],
)
def test_service_messages_are_ignored(hear: Any, service: dict[str, Any]) -> None:
    assert hear(chat=GROUP, **service).reason == "service message"
    assert hear(**service).reason == "service message"


def test_an_edit_changes_the_message_and_is_not_answered(hear: Any) -> None:
    assert hear("Hello!", kind="edited_message") == Edit(
        Address("telegram", "123456789", "7"), "update:9", "5", "Hello!"
    )


def test_an_edit_reads_as_the_message_was_read(hear: Any) -> None:
    assert hear(**words("@standin_bot hello"), kind="edited_message", chat=GROUP).text == "hello"


def test_an_edit_that_takes_the_mention_away_is_followed_too(hear: Any) -> None:
    assert hear("hello", kind="edited_message", chat=GROUP).text == "hello"


def test_a_moving_location_is_no_edit(hear: Any) -> None:
    heard = hear(kind="edited_message", location={"latitude": 1.0, "longitude": 2.0})
    assert heard.reason == "edit without words"


def test_a_group_that_becomes_a_supergroup_moves_once_however_it_is_told(hear: Any) -> None:
    old, new = Address("telegram", "123456789", "-5"), Address("telegram", "123456789", "-1005")
    told_in_old = hear(chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005)
    told_in_new = hear(chat={"id": -1005, "type": "supergroup"}, migrate_from_chat_id=-5, **{"from": ANONYMOUS})
    assert told_in_old == told_in_new == Move("move:-5:-1005", old, new)


def test_a_private_chat_never_moves(hear: Any) -> None:
    assert hear(migrate_to_chat_id=-1005).reason == "service message"


def membership(us: Me, before: str, after: str) -> Any:
    until = {"kicked": {"until_date": 0}}
    update = {
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Ann"},
        "date": 1,
        "old_chat_member": {"user": OURSELVES, "status": before} | until.get(before, {}),
        "new_chat_member": {"user": OURSELVES, "status": after} | until.get(after, {}),
    }
    return to_event(Update.de_json({"update_id": 9, "my_chat_member": update}), us)


@pytest.mark.parametrize("status", ["kicked", "left"])
def test_who_blocks_us_is_known_to_be_gone(status: str, us: Me) -> None:
    assert membership(us, "member", status) == Departure(Address("telegram", "123456789", "7"), "update:9")


def test_who_takes_us_back_is_there_again(us: Me) -> None:
    assert membership(us, "kicked", "member") == Departure(Address("telegram", "123456789", "7"), "update:9", back=True)


def test_other_changes_of_our_rights_are_ignored(us: Me) -> None:
    assert membership(us, "member", "left").back is False
    assert membership(us, "member", "member").reason == "my_chat_member member"


def test_a_channel_post_is_ignored_by_its_name(hear: Any) -> None:
    assert hear("hello", kind="channel_post").reason == "channel_post"


def test_a_customer_of_a_business_is_answered_apart_from_our_own_chat_with_them(hear: Any) -> None:
    heard = hear("hello", kind="business_message", business_connection_id="b1")
    assert heard.address == Address("telegram", "123456789/business:b1", "7")
    assert heard.address != hear("hello").address


def test_the_owner_of_a_business_is_not_answered(hear: Any) -> None:
    owner = {"id": 8, "is_bot": False, "first_name": "Owner"}
    heard = hear("my own words", kind="business_message", business_connection_id="b1", **{"from": owner})
    assert heard.reason == "said by the owner"


def test_a_guests_question_has_a_conversation_of_its_own(us: Me) -> None:
    person = {"id": 7, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": 5, "date": 1, "from": person, "chat": GROUP, "text": "hi", "guest_query_id": "g1"}
    update = Update.de_json({"update_id": 9, "guest_message": message})
    assert to_event(update, us, "inline-1").address == Address("telegram", "123456789/guest", "-100", "inline-1")
    assert to_event(update, us).reason == "guest answered too late"


def pressed(us: Me, data: str, **query: Any) -> Any:
    person = {"id": 7, "is_bot": False, "first_name": "Ann"}
    query = {"id": "1", "from": person, "chat_instance": "x", "data": data} | query
    return to_event(Update.de_json({"update_id": 9, "callback_query": query}), us)


def test_the_stop_button_stops_what_is_written_there(us: Me) -> None:
    address = Address("telegram", "123456789", "-100", "30")
    under = ours(message_thread_id=30, is_topic_message=True, chat=FORUM)
    assert pressed(us, "stop", message=under) == Halt(address, "update:9")


@pytest.mark.parametrize(
    "query",
    [
        {"message": ours(), "data": "fb:up:1"},
        {"inline_message_id": "1234csdbsk4839"},
        {"message": {"message_id": 3, "date": 0, "chat": GROUP}},
    ],
)
def test_buttons_that_are_not_ours_or_have_no_place_are_ignored(us: Me, query: dict[str, Any]) -> None:
    assert pressed(us, **{"data": "stop"} | query).reason == "button"


def test_an_update_of_the_future_is_ignored(us: Me) -> None:
    update = Update.de_json({"update_id": 9, "some_future_update": {"x": 1}})
    assert to_event(update, us) == Ignored("telegram", "123456789", "update:9", "unknown kind of update")


def test_we_ask_for_nothing_that_we_ignore_anyway() -> None:
    assert [str(kind) for kind in ASKED_FOR] == [
        "message",
        "edited_message",
        "business_message",
        "edited_business_message",
        "guest_message",
        "callback_query",
        "my_chat_member",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": {"a": 1}},
        {"text": ["a"]},
        {"text": 5},
        {"text": "x" * 100_001},
        {"text": "a", "message_id": "5"},
        {"text": "a", "chat": {"id": "7", "type": "private"}},
        {"text": "a", "chat": {"id": True, "type": "private"}},
        {"text": "a", "from": {"id": 1.5, "is_bot": False, "first_name": "A"}},
        {"text": "a", "message_thread_id": [1]},
        {"text": "a", "from": {"id": 7, "is_bot": False, "first_name": "A", "language_code": 7}},
    ],
)
def test_fields_of_the_wrong_type_are_unusable(hear: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        hear(**fields)


def test_the_pictures_of_an_album_are_one_message(hear: Any) -> None:
    first = hear(photo=PHOTO, caption="What are these?", media_group_id="77", message_id=5)
    second = hear(photo=PHOTO, media_group_id="77", message_id=6)
    other = hear(photo=PHOTO, media_group_id="78", message_id=7)
    assert first.key == second.key != other.key
    assert (first.text, first.kind) == ("What are these?", Kind.TEXT)
