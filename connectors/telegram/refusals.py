"""What Telegram's errors mean for a part that was to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
from telegram import error as told

from bot.errors import DeliveryError, Locked, NotSent, Refused, Unsure
from connectors.telegram.pacing import seconds_asked

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""With these nothing was sent yet. The library hides them: `TimedOut` is all three timeouts."""


def verdict(error: told.TelegramError) -> DeliveryError:
    """Return our error for one of the library's. Classes that it may add later are `Unsure`."""
    kind = next(kind for kind in type(error).__mro__ if kind in MEANINGS)
    return MEANINGS[kind](error)


def _transport(error: told.TelegramError) -> DeliveryError:
    """Tell by the cause how far the request came. An answer of 5xx has none: it may have been sent all the same."""
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotSent(f"not connected: {type(error.__cause__).__name__}")
    if error.message.startswith("Too Many Requests"):
        return NotSent("too many requests")
    return Unsure(f"no answer: {type(error.__cause__).__name__ if error.__cause__ else error.message}")


def _flood(error: told.TelegramError) -> DeliveryError:
    after = seconds_asked(error) if isinstance(error, told.RetryAfter) else None
    return NotSent(f"too many requests, to be tried after {after} s", after)


def _refused(error: told.TelegramError) -> DeliveryError:
    return Refused(error.message)


def _locked(error: told.TelegramError) -> DeliveryError:
    return Locked(f"the token is refused: {error.message}")


def _not_sent(error: told.TelegramError) -> DeliveryError:
    return NotSent(error.message)


def _unsure(error: told.TelegramError) -> DeliveryError:
    return Unsure(f"{type(error).__name__}: {error.message}")


MEANINGS: Mapping[type, Callable[[told.TelegramError], DeliveryError]] = {
    told.BadRequest: _refused,
    told.ChatMigrated: _not_sent,
    told.Conflict: _not_sent,
    told.EndPointNotFound: _locked,
    told.Forbidden: _refused,
    told.InvalidToken: _locked,
    told.NetworkError: _transport,
    told.PassportDecryptionError: _unsure,
    told.RetryAfter: _flood,
    told.TelegramError: _unsure,
    told.TimedOut: _transport,
}
