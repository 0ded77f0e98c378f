"""Reads one delivery and takes it through Bolt to the inbox. The answer says what Slack is to be told."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from bot.interfaces import Inbox
from bot.messages import Acceptance, Event
from bot.untrusted import Unusable, read_object
from connectors.slack.bolt import dispatch
from connectors.slack.commands import shown_at_once, to_command, to_interaction
from connectors.slack.events import CHANNEL, Me, to_message

READERS: dict[str, Callable[[dict[str, Any], Me, float], Event]] = {
    "events_api": lambda payload, me, _: to_message(payload, me),
    "slash_commands": to_command,
    "interactive": to_interaction,
}
"""By the names that Socket Mode gives to its envelopes."""


After: TypeAlias = Callable[[dict[str, Any], Event, Acceptance], Awaitable[None]]


async def _nothing(payload: dict[str, Any], event: Event, acceptance: Acceptance) -> None:  # noqa: ARG001 - as `After` has it
    return


class Intake:
    """`me` returns who we are; it is asked at every delivery, for `auth.test` may be answered late.

    `after` is told of what was committed; a `StoreDown` of it lets the delivery come again.
    """

    def __init__(self, app: AsyncApp, inbox: Inbox, me: Callable[[], Me], after: After = _nothing) -> None:
        self._app = app
        self._after = after
        self._inbox = inbox
        self._me = me

    async def take(self, kind: str, body: bytes) -> BoltResponse:
        """Return 200 once the delivery is committed, 503 where it must be delivered again.

        What is authentic but unusable is kept as a reject and counts as taken: sent again it would be no better.
        """
        try:
            payload = read_object(body)
        except Unusable as error:
            return await self.reject(body, str(error))
        answer = await dispatch(self._app, payload, partial(self._store, kind, payload, body))
        if kind == "slash_commands" and answer.status == 200 and (shown := _shown(payload)):
            return BoltResponse(status=200, body=shown)
        return answer

    async def reject(self, body: bytes, reason: str) -> BoltResponse:
        """Keep an unusable body. Returns like `take`."""
        return await dispatch(self._app, {}, partial(self._inbox.reject, CHANNEL, body, reason))

    async def _store(self, kind: str, payload: dict[str, Any], body: bytes) -> bool:
        if _is_challenge(payload):
            return True  # Bolt answers it; there is nothing to keep
        try:
            event = READERS.get(kind, to_interaction)(payload, self._me(), time.time())
        except Unusable as error:
            await self._inbox.reject(CHANNEL, body, str(error))
        else:
            await self._after(payload, event, await self._inbox.accept(event))
        return False


def _shown(payload: dict[str, Any]) -> dict[str, str]:
    try:
        return shown_at_once(payload)
    except Unusable:
        return {}


def _is_challenge(payload: dict[str, Any]) -> bool:
    """Whether Slack asks if the address that its owner wrote down is ours."""
    known = payload.get("type") == "url_verification" and isinstance(payload.get("challenge"), str)
    return known and "event" not in payload
