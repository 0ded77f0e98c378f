"""What a person said in a Telegram message, and whether it was said to us. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Message as TelegramMessage
from telegram import MessageEntity
from telegram.constants import ChatType

from bot.messages import Kind
from connectors.telegram.wording import COMMAND, blank, mentions, without

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
FILES = (
    "animation",
    "audio",
    "document",
    "live_photo",
    "paid_media",
    "photo",
    "sticker",
    "video",
    "video_note",
    "voice",
)
THINGS = ("checklist", "contact", "dice", "game", "location", "poll", "story", "venue")


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are, as getMe says. `username` is without the @."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Said:
    """The words, without the mention of us. `to_us` is whether they ask for an answer from this bot."""

    text: str
    kind: Kind = Kind.TEXT
    command: str = ""
    argument: str = ""
    to_us: bool = True


def refusal(message: TelegramMessage, me: Me) -> str:
    """Return the rule by which the message cannot be for us whatever it says, empty if there is none."""
    chat, sender = message.chat, message.from_user
    rules = {
        "channel post": chat.type == ChatType.CHANNEL or message.is_automatic_forward,
        "unknown kind of chat": chat.type not in (ChatType.PRIVATE, *GROUPS),
        "direct messages of a channel": chat.is_direct_messages,
        "posted as a channel": message.sender_chat is not None and message.sender_chat.id != chat.id,
        "no sender": message.sender_chat is None and sender is None,
        # In somebody's business chat only the customer asks; the owner and whoever writes for them are heard by all.
        "said by the owner": message.business_connection_id is not None and (sender is None or sender.id != chat.id),
        "our own": sender is not None and sender.id == me.id,
        # An anonymous admin writes in the name of the group, through a bot of Telegram's.
        "from a bot": message.sender_chat is None and sender is not None and sender.is_bot,
    }
    return next((rule for rule, broken in rules.items() if broken), "")


def listen(message: TelegramMessage, me: Me) -> Said | None:
    """Return what was said, or `None` where nothing was: joins, pins and whatever Telegram may still invent."""
    whole = message.text or message.caption or ""
    media = has_media(message)
    if not (message.text or media):
        return None
    entities = message.entities if message.text else message.caption_entities
    places = mentions(whole, entities, me.id, me.username)
    grouped = message.chat.type in GROUPS
    to_us = (
        not grouped
        or message.guest_query_id is not None
        or bool(places)
        or _replies(message, me)
        or _commands(whole, entities)
    )
    text = without(whole, places)
    if blank(text) and media:
        return Said("", Kind.MEDIA, to_us=to_us)
    # Who writes nothing but our name wants an answer too.
    return _parse(whole if blank(text) else text, me, to_us, grouped)


def has_media(message: TelegramMessage) -> bool:
    return any(getattr(message, name) for name in FILES + THINGS)


def _parse(text: str, me: Me, to_us: bool, grouped: bool) -> Said:
    found = COMMAND.match(text)
    if found is None:
        return Said(text, to_us=to_us)
    name, target = found.groups()
    for_another = grouped and target is not None and target.lower() != me.username.lower()
    return Said(text, Kind.COMMAND, name.lower(), text[found.end() :].strip(), to_us and not for_another)


def _commands(text: str, entities: tuple[MessageEntity, ...]) -> bool:
    marked = any(entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in entities)
    return marked and COMMAND.match(text) is not None


def _replies(message: TelegramMessage, me: Me) -> bool:
    """Return whether it answers something we said. In a topic that we opened everything "replies" to its opening."""
    before = message.reply_to_message
    ours = before is not None and before.from_user is not None and before.from_user.id == me.id
    return ours and before is not None and (bool(before.text) or has_media(before))
