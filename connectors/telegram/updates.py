"""From one update of Telegram to one of our events. Pure.

Groups are answered only where we are mentioned, replied to or given a command: whatever cannot be read for certain as
meant for us is not.
"""

from __future__ import annotations

from telegram import CallbackQuery, ChatMemberUpdated, Update
from telegram import Message as TelegramMessage

from bot.messages import Address, Departure, Edit, Event, Halt, Ignored, Message, Move
from bot.untrusted import Unusable
from connectors.telegram.listening import GROUPS, Me, listen, refusal
from connectors.telegram.places import CHANNEL, address_of
from connectors.telegram.thumbs import opinion_of
from connectors.telegram.wording import blank

ASKED_FOR = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.BUSINESS_MESSAGE,
    Update.EDITED_BUSINESS_MESSAGE,
    Update.GUEST_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
)
"""The updates we want from Telegram, exactly. It keeps the list, so it is sent each time."""
STOP = "stop"
"""What our stop button says when it is pressed."""
AWAY, HERE = ("left", "kicked"), ("member", "administrator", "restricted")
LONGEST = 100_000
"""Characters. Telegram sends 4,096 at most, rich messages some 32,000."""


def to_event(update: Update, me: Me, inline: str = "") -> Event:
    """Return what the update means for us. Raises `Unusable` where its fields are not what Telegram promises.

    `inline` names the stub with which a guest's question was answered at once.
    """
    _check_numbers(update.update_id)
    key = f"update:{update.update_id}"
    said, edited = update.message or update.business_message, update.edited_message or update.edited_business_message
    if said is not None:
        return _message(said, key, me)
    if edited is not None:
        return _edit(edited, key, me)
    if update.guest_message is not None:
        return _guest(update.guest_message, key, me, inline)
    if update.callback_query is not None:
        return _pressed(update.callback_query, key, me)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, key, me)
    return _ignored(key, me, _kind(update))


def move(account: str, old: int, new: int) -> Move:
    """Return the event of a group that became a supergroup; however often it is told, it is the same one."""
    return Move(f"move:{old}:{new}", Address(CHANNEL, account, str(old)), Address(CHANNEL, account, str(new)))


def _guest(message: TelegramMessage, key: str, me: Me, inline: str) -> Event:
    return _message(message, key, me, inline) if inline else _ignored(key, me, "guest answered too late")


def _pressed(query: CallbackQuery, key: str, me: Me) -> Event:
    """A button of ours. One under a message that Telegram no longer shows us has no place any more."""
    if (opinion := opinion_of(query, key, me)) is not None:
        return opinion
    if query.data != STOP or not isinstance(query.message, TelegramMessage) or not query.message.is_accessible:
        return _ignored(key, me, "button")
    _check(query.message)
    return Halt(address_of(query.message, me), key)


def _membership(change: ChatMemberUpdated, key: str, me: Me) -> Event:
    _check_numbers(change.chat.id)
    address = Address(CHANNEL, str(me.id), str(change.chat.id))
    before, now = change.old_chat_member.status, change.new_chat_member.status
    if now in AWAY:
        return Departure(address, key)
    if now in HERE and before in AWAY:
        return Departure(address, key, back=True)
    return _ignored(key, me, f"my_chat_member {now}")


def _message(message: TelegramMessage, key: str, me: Me, inline: str = "") -> Event:
    _check(message)
    moved = _moved(message, me)
    if moved is not None:
        return moved
    if rule := refusal(message, me):
        return _ignored(key, me, rule)
    said = listen(message, me)
    if said is None:
        return _ignored(key, me, "service message")
    if not said.to_us:
        return _ignored(key, me, "not for us")
    if said.text and blank(said.text):
        return _ignored(key, me, "no words")
    return Message(
        address=address_of(message, me, inline),
        key=_album(message) or key,
        text=said.text,
        sender=_sender(message),
        platform_id=str(message.message_id),
        kind=said.kind,
        command=said.command,
        argument=said.argument,
        order=float(message.message_id),
        private=message.chat.type not in GROUPS,
        language=_language(message),
    )


def _album(message: TelegramMessage) -> str:
    """Name the album that a picture belongs to: Telegram sends each by itself, the words with the first."""
    album = message.media_group_id
    return f"album:{message.chat.id}:{album}" if isinstance(album, str) and album else ""


def _edit(message: TelegramMessage, key: str, me: Me) -> Event:
    """An edit changes what we have of the message, if anything, also where the mention of us is what was edited out."""
    _check(message)
    if rule := refusal(message, me):
        return _ignored(key, me, rule)
    said = listen(message, me)
    if said is None or blank(said.text):
        return _ignored(key, me, "edit without words")
    return Edit(address_of(message, me), key, str(message.message_id), said.text)


def _moved(message: TelegramMessage, me: Me) -> Move | None:
    """Telegram tells it twice: in the old group, and as the first message of the new one."""
    chat = message.chat.id
    old = message.migrate_from_chat_id or chat
    new = message.migrate_to_chat_id or chat
    return move(str(me.id), old, new) if old != new and message.chat.type in GROUPS else None


def _sender(message: TelegramMessage) -> str:
    """An anonymous admin counts as the group: the user that Telegram names is the same for all of them."""
    speaker = message.sender_chat or message.from_user
    return "" if speaker is None else str(speaker.id)


def _language(message: TelegramMessage) -> str:
    named = message.from_user is not None and message.sender_chat is None
    return (message.from_user.language_code or "") if named and message.from_user is not None else ""


def _kind(update: Update) -> str:
    kinds = (str(kind) for kind in Update.ALL_TYPES if getattr(update, kind) is not None)
    return next(kinds, "unknown kind of update")


def _ignored(key: str, me: Me, rule: str) -> Ignored:
    return Ignored(CHANNEL, str(me.id), key, rule)


def _check(message: TelegramMessage) -> None:
    """The library takes any type for any field; what is stored or compared later is looked at here."""
    people = [user.id for user in (message.from_user, message.sender_chat) if user is not None]
    optional = (message.message_thread_id, message.migrate_to_chat_id, message.migrate_from_chat_id)
    _check_numbers(message.message_id, message.chat.id, *people, *(number for number in optional if number is not None))
    for text in (message.text, message.caption, message.from_user and message.from_user.language_code):
        if not isinstance(text, str | None):
            raise Unusable("a text that is no text")
        if text and len(text) > LONGEST:
            raise Unusable("a text longer than Telegram allows")


def _check_numbers(*numbers: object) -> None:
    if any(type(number) is not int for number in numbers):
        raise Unusable("an id that is not a number")
