"""Replies that are shown while they are written: Slack's own streams in threads, elsewhere a message that is edited.

Slack ends a stream after about five minutes and refuses some; what is left then is `chat.update`, with the whole text.
So the end is always complete, whatever became of the beginning.
"""

from __future__ import annotations

import logging

from bot.errors import DeliveryError, Refused
from bot.messages import Address, Part, Receipt
from connectors.slack.api import Api, contents, metadata
from connectors.slack.markdown import LONGEST, safe
from connectors.slack.thumbs import buttons

log = logging.getLogger(__name__)

STREAM = "stream:"
"""Marks the id of a message that is a stream, also for the process that finishes it."""
MORE = " …"
ACTIVE = "active"
"""The status of a session in which nothing is being written; a stream that begins sets `processing` by itself."""
REMEMBERED = 1000


class Streams:
    """The growing messages of one app. How far each has come is known here only; without it the end is an update."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._sent: dict[tuple[Address, str], str] = {}

    async def grow(self, part: Part) -> Receipt:
        """Show the text so far. Raises `DeliveryError`."""
        if not part.text.strip() or len(part.text) > LONGEST:
            raise Refused("nothing to show yet, or too much")
        if not part.live:
            return Receipt(await self._begin(part))
        if part.live.startswith(STREAM):
            await self._append(part, part.live.removeprefix(STREAM))
        else:
            await self._update(part, part.live, part.text + MORE)
        return Receipt(part.live)

    async def finish(self, part: Part) -> Receipt:
        """Let the message show the whole text. Raises `DeliveryError`."""
        ts = part.live.removeprefix(STREAM)
        if not (part.live.startswith(STREAM) and await self._stop(part, ts)):
            try:
                await self._update(part, ts, part.text)
            except Refused:  # taken away, or too old to be changed
                return Receipt(await self._api.post(part))
        self._sent.pop((part.address, ts), None)
        return Receipt(ts)

    async def _begin(self, part: Part) -> str:
        where, text = part.address, safe(part.text)
        if where.thread:
            try:
                ts = await self._start(part, text)
            except Refused:
                return await self._api.post(part, part.text + MORE)
            self._remember(where, ts, text)
            return STREAM + ts
        return await self._api.post(part, part.text + MORE)

    async def _start(self, part: Part, text: str) -> str:
        where = part.address
        answer = await self._api.call(
            where.account,
            "chat_startStream",
            channel=where.chat,
            thread_ts=where.thread,
            markdown_text=text,
            recipient_user_id=part.reader or None,
            recipient_team_id=where.account or None,
        )
        return str(answer["ts"])

    async def _append(self, part: Part, ts: str) -> None:
        text, sent = safe(part.text), self._sent.get((part.address, ts))
        if sent is None or not text.startswith(sent) or text == sent:
            return  # what cannot be appended is said at the end
        where = part.address
        more = text[len(sent) :]
        await self._api.call(where.account, "chat_appendStream", channel=where.chat, ts=ts, markdown_text=more)
        self._remember(where, ts, text)

    async def _stop(self, part: Part, ts: str) -> bool:
        """End the stream, and return whether it shows the whole text."""
        where, text, sent = part.address, safe(part.text), self._sent.get((part.address, ts))
        rest = text[len(sent) :] if sent is not None and text.startswith(sent) else None
        try:
            await self._api.call(
                where.account,
                "chat_stopStream",
                channel=where.chat,
                ts=ts,
                markdown_text=rest or None,
                metadata=metadata(part),
                blocks=buttons(part),
                session_status=ACTIVE,
            )
        except Refused:  # it was ended already: by Slack after five minutes, or by us, and the answer was lost
            await self._settle(where)
            return False
        return rest is not None

    async def _settle(self, where: Address) -> None:
        """Say that the session waits for its person: where Slack ends a stream it stays as one that is at work."""
        try:
            await self._api.call(
                where.account,
                "agents_sessions_setStatus",
                channel_id=where.chat,
                thread_ts=where.thread,
                status=ACTIVE,
            )
        except DeliveryError as error:
            log.info("Slack: a session's status was not set: %s", error)

    async def _update(self, part: Part, ts: str, text: str) -> None:
        where = part.address
        await self._api.call(where.account, "chat_update", channel=where.chat, ts=ts, **contents(part, text))

    def _remember(self, where: Address, ts: str, text: str) -> None:
        if len(self._sent) >= REMEMBERED:
            self._sent.clear()
        self._sent[where, ts] = text
