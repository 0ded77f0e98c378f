"""What may go wrong when we call Slack, as one of our four kinds of `DeliveryError`.

Messages name the error, never its text: answers and addresses may hold what people wrote, or a ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import (
    BotUserAccessError,
    SlackApiError,
    SlackClientConfigurationError,
    SlackClientNotConnectedError,
    SlackObjectFormationError,
    SlackRequestError,
    SlackTokenRotationError,
)

from bot.errors import DeliveryError, Locked, NotSent, Refused, Unsure
from connectors.slack.refusals import DOUBTFUL, LATER, LOCKED, REFUSED

UNAUTHORIZED, TOO_LARGE, TOO_MANY = 401, 413, 429


def failure(error: BaseException) -> DeliveryError:
    """Return what `error` says about a message we were sending. Errors nobody thought of are `Unsure`."""
    return next(_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS)(error)


def may_not_look(error: SlackApiError) -> bool:
    """Whether Slack does not let us read what was said there."""
    _, code, _ = _read(error)
    return code in REFUSED or code == "missing_scope"


def _read(error: BaseException) -> tuple[int, str, Mapping[str, str]]:
    """Return status, error code and headers. `response` is the library's, or aiohttp's where the body was no JSON."""
    response: Any = getattr(error, "response", None)
    status: Any = getattr(response, "status_code", None) or getattr(response, "status", None) or 200
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, Mapping) else ""
    return status, code, getattr(response, "headers", None) or {}


def _answer(error: BaseException) -> DeliveryError:
    status, code, headers = _read(error)
    if status == TOO_MANY or code in LATER:
        return NotSent(f"Slack: {code or status}", after=_retry_after(headers))
    if status >= 500 or code in DOUBTFUL:
        return Unsure(f"Slack: {code or status}")
    if code in LOCKED or (status == UNAUTHORIZED and not code):
        return Locked(f"Slack: {code or status}")
    if code in REFUSED or status == TOO_LARGE or code.startswith("slack_connect_"):
        return Refused(f"Slack: {code or status}")
    return _unknown(code, status)


def _unknown(code: str, status: int) -> DeliveryError:
    """A plain no with a code we do not know, or a 4xx: nothing was posted, so another try can repeat nothing.

    Should it be a refusal for good, it costs the bounded number of tries. A body without a code is no answer at all.
    """
    if code or status >= 400:
        return NotSent(f"Slack: {code[:60] or status}")
    return Unsure("Slack: an answer that cannot be read")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() and len(value) < 7 else None


def _kind(made: Callable[[str], DeliveryError]) -> Callable[[BaseException], DeliveryError]:
    return lambda error: made(f"Slack: {type(error).__name__}")


_KINDS: dict[type[BaseException], Callable[[BaseException], DeliveryError]] = {
    SlackApiError: _answer,
    BotUserAccessError: _kind(Locked),
    SlackTokenRotationError: _kind(Locked),
    SlackClientConfigurationError: _kind(Locked),
    SlackRequestError: _kind(Refused),
    SlackObjectFormationError: _kind(Refused),
    SlackClientNotConnectedError: _kind(NotSent),
    aiohttp.ClientConnectorError: _kind(NotSent),  # DNS, refused, TLS, proxy: nothing was written
    aiohttp.ConnectionTimeoutError: _kind(NotSent),
    aiohttp.ClientHttpProxyError: _kind(NotSent),
    aiohttp.InvalidURL: _kind(NotSent),
    BaseException: _kind(Unsure),
}
"""The nearest class of an error decides. Everything after the connection stands is `Unsure`."""
