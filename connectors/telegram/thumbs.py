"""Two buttons below a model's reply, by which people say what they think of it.

A button says what it means and which part it hangs on, in the 64 bytes that Telegram allows: `up:<send key>`.
"""

from __future__ import annotations

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup
from telegram import Message as TelegramMessage

from bot.messages import Opinion, Part, Thumb
from bot.untrusted import Unusable
from connectors.telegram.listening import GROUPS, Me
from connectors.telegram.places import address_of

FACES = {Thumb.UP: "👍", Thumb.DOWN: "👎"}
CHOSEN = "✓ "
BACK = "back"
"""What the button says that was pressed before: pressed once more it takes the opinion back."""
WORDS = {"back": Thumb.NONE, **{str(thumb): thumb for thumb in FACES}}
LONGEST = 36


def keyboard(part: Part) -> InlineKeyboardMarkup | None:
    """Return the buttons where the person may be asked: not where we write in somebody else's name."""
    own = "/" not in part.address.account
    return _keyboard(part.send_key, Thumb.NONE) if part.asks and own else None


def opinion_of(query: CallbackQuery, key: str, me: Me) -> Opinion | None:
    """Return what a press of one of these buttons says, `None` for any other. Raises `Unusable`."""
    found = _read(query)
    if found is None or not isinstance(query.message, TelegramMessage) or not query.message.is_accessible:
        return None
    thumb, send_key = found
    if type(query.from_user.id) is not int:
        raise Unusable("an id that is not a number")
    return Opinion(address_of(query.message, me), key, str(query.from_user.id), thumb, send_key)


def pressed(query: CallbackQuery) -> InlineKeyboardMarkup | None:
    """Return the buttons as they look after the press; `None` where they stay, as in groups, where many may press."""
    found = _read(query)
    message = query.message
    if found is None or not isinstance(message, TelegramMessage) or message.chat.type in GROUPS:
        return None
    thumb, send_key = found
    return _keyboard(send_key, thumb)


def _read(query: CallbackQuery) -> tuple[Thumb, str] | None:
    word, _, send_key = (query.data if isinstance(query.data, str) else "").partition(":")
    return (WORDS[word], send_key) if word in WORDS and 0 < len(send_key) <= LONGEST else None


def _keyboard(send_key: str, chosen: Thumb) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[_button(send_key, thumb, pressed=thumb is chosen) for thumb in FACES]])


def _button(send_key: str, thumb: Thumb, *, pressed: bool) -> InlineKeyboardButton:
    face = f"{CHOSEN}{FACES[thumb]}" if pressed else FACES[thumb]
    return InlineKeyboardButton(face, callback_data=f"{BACK if pressed else thumb}:{send_key}")
