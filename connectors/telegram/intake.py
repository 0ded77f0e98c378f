"""Takes one update, as bytes, into the inbox: the same for polling and webhook."""

from __future__ import annotations

import structlog
from telegram import Update

from bot.errors import StoreDown
from bot.interfaces import Inbox
from bot.messages import Event
from bot.untrusted import Unusable, read_object
from connectors.telegram.courtesy import Courtesy
from connectors.telegram.listening import Me
from connectors.telegram.places import CHANNEL
from connectors.telegram.updates import to_event

log = structlog.get_logger()


async def take(inbox: Inbox, me: Me, body: bytes, courtesy: Courtesy) -> None:
    """Return once the update is committed, or kept as a reject: then Telegram may forget it.

    Raises `StoreDown`; then it must not.
    """
    try:
        update = _parse(body)
        await inbox.accept(_read(update, me, await courtesy.stub(update)))
        courtesy.acknowledge(update)
    except Unusable as error:
        await inbox.reject(CHANNEL, body, str(error))
    except StoreDown:
        raise
    except Exception as error:
        # One update must never hold up those behind it.
        log.error("telegram: an update could not be taken", error=type(error).__name__)
        await inbox.reject(CHANNEL, body, f"could not be taken: {type(error).__name__}")


def _parse(body: bytes) -> Update:
    raw = read_object(body)
    try:
        return Update.de_json(raw)
    except Exception as error:
        # The library checks nothing: a field of the wrong type shows as whatever happens to fail first.
        raise Unusable(f"not an update of Telegram: {type(error).__name__}") from None


def _read(update: Update, me: Me, inline: str) -> Event:
    try:
        return to_event(update, me, inline)
    except Unusable:
        raise
    except Exception as error:
        raise Unusable(f"not an update of Telegram: {type(error).__name__}") from None
