"""Takes one update, as bytes, into the inbox: the same for polling and webhook."""

from __future__ import annotations

import structlog
from telegram import Update

from bot.errors import StoreDown
from bot.interfaces import Inbox
from bot.messages import Event
from bot.untrusted import Unusable, read_object
from connectors.telegram.listening import Me
from connectors.telegram.updates import CHANNEL, to_event

log = structlog.get_logger()


async def take(inbox: Inbox, me: Me, body: bytes) -> None:
    """Return once the update is committed, or kept as a reject: then Telegram may forget it.

    Raises `StoreDown`; then it must not.
    """
    try:
        await inbox.accept(_read(body, me))
    except Unusable as error:
        await inbox.reject(CHANNEL, body, str(error))
    except StoreDown:
        raise
    except Exception as error:
        # One update must never hold up those behind it.
        log.error("telegram: an update could not be taken", error=type(error).__name__)
        await inbox.reject(CHANNEL, body, f"could not be taken: {type(error).__name__}")


def _read(body: bytes, me: Me) -> Event:
    raw = read_object(body)
    try:
        return to_event(Update.de_json(raw), me)
    except Unusable:
        raise
    except Exception as error:
        # The library checks nothing: a field of the wrong type shows as whatever happens to fail first.
        raise Unusable(f"not an update of Telegram: {type(error).__name__}") from None
