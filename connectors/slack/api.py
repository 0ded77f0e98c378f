"""Slack's Web API through `slack_sdk`, as carefully as sending once needs."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import DeliveryError, Refused, Unsure
from bot.messages import Part
from connectors.slack.escaping import escape
from connectors.slack.events import Me
from connectors.slack.markdown import marked, safe
from connectors.slack.sending import failure, may_not_look
from connectors.slack.settings import SlackSettings
from connectors.slack.thumbs import blocks

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
"""Seconds. Connecting has its own limit, because only that failure is certain."""

EVENT_TYPE = "palaver_reply"
KEYS = uuid.UUID("6f3d9f0e-52c1-5e0b-9a53-5f1f6f3a2c11")
LOOK_BACK = 24 * 3600.0
PAGES, PAGE = 5, 200


class Api:
    """Each call raises `DeliveryError`'s kinds and nothing else."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self.tokens: Callable[[str], Awaitable[str]] | None = None
        """Finds the token of a workspace, where there are many."""

    async def me(self) -> Me:
        """Return who the bot token is."""
        answer = await self.identity()
        return Me(team=str(answer.get("team_id") or ""), user=str(answer.get("user_id") or ""))

    async def identity(self) -> AsyncSlackResponse:
        """Return all that Slack says about the bot token; the headers tell its scopes."""
        async with self._client() as client:
            return await client.auth_test()

    async def socket_address(self) -> str:
        """Return an address for one websocket, good for seconds. It need not be used."""
        token = self._settings.app_token.get_secret_value() if self._settings.app_token else ""
        async with self._client() as client:
            return str((await client.apps_connections_open(app_token=token)).get("url"))

    async def call(self, account: str, method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method of the library's client, such as `chat_update`, in the workspace of an account."""
        async with self._client(account) as client:
            answer: AsyncSlackResponse = await getattr(client, method)(**arguments)
            return answer

    async def post(self, part: Part, text: str = "") -> str:
        """Post once and return the message's ts; `text` where it is not the part's own."""
        if not part.text.strip():
            raise Refused("Slack: no_text")
        answer = await self.call(part.address.account, "chat_postMessage", **_arguments(part, text or part.text))
        ts = answer.get("ts")
        if not isinstance(ts, str):
            raise Unsure("Slack: an answer without ts")
        return ts

    async def earlier(self, part: Part) -> str | None:
        """Return the ts of an attempt that did arrive. `None` where there is none or we may not look."""
        async with self._client(part.address.account) as client:
            try:
                return await _find(client, part)
            except SlackApiError as error:
                if may_not_look(error):
                    return None
                raise

    @asynccontextmanager
    async def _client(self, account: str = "") -> AsyncIterator[AsyncWebClient]:
        """Open a connection for one use: a kept one may be closed by Slack just as we write, and who knows then?"""
        try:
            token = await self.tokens(account) if self.tokens and account else None
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
                yield web_client(self._settings, session, token)
        except DeliveryError:
            raise
        except Exception as error:
            raise failure(error) from error


def web_client(
    settings: SlackSettings, session: aiohttp.ClientSession | None = None, token: str | None = None
) -> AsyncWebClient:
    """Return the library's client. By default it would send again by itself what it could not finish: a duplicate."""
    token = token or (settings.bot_token.get_secret_value() if settings.bot_token else None)
    return AsyncWebClient(
        token=token, base_url=settings.api_base, session=session, retry_handlers=[], logger=library_log(), timeout=10
    )


def library_log() -> logging.Logger:
    """Return the logger for the library: no debug lines, for they hold what people write, and no tickets."""
    log = logging.getLogger("connectors.slack.library")
    log.setLevel(logging.WARNING)
    log.addFilter(_without_secrets)  # a second time it changes nothing
    return log


def _without_secrets(record: logging.LogRecord) -> bool:
    record.msg = re.sub(r"(ticket|token)=[^&\s'\")]+", r"\1=...", record.getMessage())
    record.msg = re.sub(r"xox[a-z]-[\w-]+|xapp-[\w-]+", "xox...", record.msg)
    record.args = ()
    record.exc_info = record.exc_text = None
    return True


def _arguments(part: Part, text: str) -> dict[str, Any]:
    """Return what is sent.

    `client_msg_id` is used, not counted on: Slack documents an error about it, but no promise.
    """
    return {
        "channel": part.address.chat,
        "thread_ts": part.address.thread or None,
        **contents(part, text),
        "unfurl_links": False,
        "unfurl_media": False,
        "client_msg_id": str(uuid.uuid5(KEYS, part.send_key)),
        "metadata": metadata(part),
    }


def contents(part: Part, text: str) -> dict[str, Any]:
    """Return the text as arguments: as Markdown where it has marks, else escaped and shown exactly as it is."""
    below = blocks(part)
    if marked(text) and below is None:
        return {"markdown_text": safe(text)}
    return {"text": escape(text), "blocks": below, "mrkdwn": False, "parse": "none", "link_names": False}


def metadata(part: Part) -> dict[str, Any]:
    """Return what names a reply in Slack's history, so that a second attempt can find the first."""
    return {"event_type": EVENT_TYPE, "event_payload": {"send_key": part.send_key}}


async def _find(client: AsyncWebClient, part: Part) -> str | None:
    cursor = None
    for _ in range(PAGES):
        answer = await _history(client, part, cursor)
        for message in answer.get("messages") or []:
            if _send_key(message) == part.send_key:
                return str(message["ts"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return None


async def _history(client: AsyncWebClient, part: Part, cursor: str | None) -> Any:
    """Return one page of what was said where `part` goes, since the message that it answers."""
    where = part.address
    since = part.reply_to or f"{time.time() - LOOK_BACK:.6f}"
    asked: dict[str, Any] = {"oldest": since, "limit": PAGE, "cursor": cursor, "include_all_metadata": True}
    if where.thread:
        return await client.conversations_replies(channel=where.chat, ts=where.thread, **asked)
    return await client.conversations_history(channel=where.chat, **asked)


def _send_key(message: dict[str, Any]) -> object:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("send_key") if metadata.get("event_type") == EVENT_TYPE else None
