"""Shows a reply while it is being written: a message that is edited as it grows, or (on request) Telegram's drafts.

Edits by default: drafts (`sendMessageDraft`) exist in private chats only and flash or vanish in several apps.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, EndPointNotFound, InvalidToken

from bot.errors import Refused
from bot.messages import Lane, Part, Receipt
from connectors.telegram.places import Place, place_of
from connectors.telegram.sending import NO_PREVIEW, guarded, names, quoted
from connectors.telegram.updates import STOP

log = structlog.get_logger()

MORE = " …"
LONGEST = 4000
"""UTF-16 code units of a beginning; what is longer stands still until it is whole."""
BUTTON = InlineKeyboardMarkup([[InlineKeyboardButton("⏹", callback_data=STOP)]])


class Grower:
    """Grows messages of one bot. `drafts`: in private chats by drafts, where the server knows them."""

    def __init__(self, bot: Bot, *, drafts: bool) -> None:
        self._bot = bot
        self._drafts = drafts

    async def grow(self, part: Part) -> Receipt:
        """Show the text so far. Raises `DeliveryError` and nothing else."""
        return await guarded(self._grow(replace(part, text=_beginning(part.text))))

    async def _grow(self, part: Part) -> Receipt:
        place = place_of(part.address)
        draftable = self._drafts and not (place.group or place.business or place.inline or part.live)
        if draftable and await self._draft(place, part):
            return Receipt("")
        return await (self._edit(place, part) if part.live or place.inline else self._begin(place, part))

    async def _begin(self, place: Place, part: Part) -> Receipt:
        message = await self._bot.send_message(
            place.chat,
            part.text + MORE,
            message_thread_id=place.thread,
            business_connection_id=place.business,
            link_preview_options=NO_PREVIEW,
            reply_parameters=quoted(part),
            reply_markup=BUTTON,
        )
        return Receipt(str(message.message_id))

    async def _edit(self, place: Place, part: Part) -> Receipt:
        await self._bot.edit_message_text(
            part.text + MORE,
            business_connection_id=place.business,
            link_preview_options=NO_PREVIEW,
            reply_markup=None if place.inline else BUTTON,
            **names(place, part.live),
        )
        return Receipt(part.live)

    async def _draft(self, place: Place, part: Part) -> bool:
        """Return whether a draft was shown. It vanishes by itself; the real message follows."""
        try:
            await self._bot.send_message_draft(place.chat, draft_id(part), part.text, message_thread_id=place.thread)
        except (BadRequest, EndPointNotFound, InvalidToken) as error:
            log.info("telegram: no drafts there", error=error.message)
            self._drafts = False
        return self._drafts


def draft_id(part: Part) -> int:
    """Return a number for the draft of this reply, never 0."""
    return int.from_bytes(hashlib.sha256(part.send_key.encode()).digest()[:4], "big") or 1


def lanes(part: Part, growing: bool) -> list[Lane]:  # noqa: ARG001 - an edit counts like a message
    """Return what Telegram counts: a message a second in a chat, 20 a minute in a group, 30 a second in all.

    Source: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    """
    address = part.address
    bot = address.account.partition("/")[0]
    here = f"telegram:{address.account}:{address.chat}"
    chat = Lane(here, 20, 60.0) if address.chat.startswith("-") else Lane(here, 1, 1.0)
    return [chat, Lane(f"telegram:{bot}", 30, 1.0)]


def _beginning(text: str) -> str:
    words = text.strip().encode("utf-16-le")
    if not words:
        raise Refused("nothing to show yet")
    return words[: 2 * LONGEST].decode("utf-16-le", "ignore")
