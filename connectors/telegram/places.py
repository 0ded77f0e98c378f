"""Where things are said, as an `Address` and as Telegram names it.

One chat id may mean three places: our own chat with a person, the same person's chat with somebody in whose name we
answer (business), and a chat that we are no member of (guest). They must never share a conversation, so the account
says which it is: `123`, `123/business:<connection>`, `123/guest`.
"""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Message as TelegramMessage

from bot.errors import Refused
from bot.messages import Address
from connectors.telegram.listening import GROUPS, Me

CHANNEL = "telegram"
BUSINESS, GUEST = "business:", "guest"
GENERAL = 1
"""The thread id of a forum's General topic, which takes messages only without it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The parameters that name a place in calls of the Bot API. A guest's place is the one message it may have."""

    chat: int
    thread: int | None = None
    business: str | None = None
    inline: str = ""

    @property
    def group(self) -> bool:
        return self.chat < 0


def place_of(address: Address) -> Place:
    """Return the place. Raises `Refused` for an address that is none of Telegram's."""
    _, _, role = address.account.partition("/")
    try:
        if role == GUEST:
            return Place(int(address.chat), inline=address.thread)
        thread = int(address.thread) if address.thread else None
        return Place(int(address.chat), thread, role.removeprefix(BUSINESS) or None)
    except ValueError:
        raise Refused("an address that is not Telegram's") from None


def address_of(message: TelegramMessage, me: Me, inline: str = "") -> Address:
    """Return where the answer goes. Only a topic is a thread: a reply in an ordinary group carries a thread id, too.

    A guest's conversation is one message long: `inline` names the message that is ours.
    """
    chat = str(message.chat.id)
    if inline:
        return Address(CHANNEL, f"{me.id}/{GUEST}", chat, inline)
    business = message.business_connection_id
    account = f"{me.id}/{BUSINESS}{business}" if business else str(me.id)
    general = message.chat.type in GROUPS and message.message_thread_id == GENERAL
    in_topic = message.is_topic_message and message.message_thread_id is not None and not general
    return Address(CHANNEL, account, chat, str(message.message_thread_id) if in_topic else "")
