"""Our actions: `action_palaver_reply`, `action_palaver_handoff`, `action_palaver_forget`.

`reply` joins the tokens itself where the transport does not stream: over HTTP rasa-sdk would make a message of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

import structlog
from rasa_sdk.events import ConversationPaused, Restarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from connectors.rasa.actions.client import BotClient, Done, Unanswered
from connectors.rasa.faithful import HAN
from connectors.rasa.tracker import newest

log = structlog.get_logger()

WISHES = ("model", "persona", "max_tokens")
SORRY = {
    "en": "Sorry, I cannot answer just now. Please try again in a moment.",
    "zh": "抱歉，我现在暂时无法回答。请稍后再试。",
}
LOOK = 0.05
"""Seconds between two looks whether the person has begun to speak."""

streams: ContextVar[bool] = ContextVar("streams", default=False)
"""Whether what is said reaches the person piece by piece."""

Events = list[dict[str, Any]]


class Actions:
    """The functions behind the names, with the bot they ask."""

    def __init__(self, bot: BotClient) -> None:
        self._bot = bot

    @property
    def by_name(self) -> dict[str, Any]:
        return {
            "action_palaver_reply": self.reply,
            "action_palaver_handoff": self.handoff,
            "action_palaver_forget": self.forget,
        }

    async def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Events:  # noqa: ARG002
        """Say what a model answers; the slots `reply_model` and `reply_fallback` say which, or why none did."""
        wish = {name: tracker.slots.get(f"palaver_{name}") for name in WISHES}
        saying = self._stream if streams.get() else self._say
        done = await saying(dispatcher, tracker, wish)
        return _slots(tracker, reply_model=done.model, reply_fallback=done.fallback)

    async def handoff(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Events:  # noqa: ARG002
        """Say that a person takes over; with the slot `palaver_pause` the assistant falls silent."""
        done = await self._ask("hand_over", tracker)
        dispatcher.utter_message(text=done.text)
        pause = [ConversationPaused()] if tracker.slots.get("palaver_pause") else []
        return [*_slots(tracker, palaver_handoff=not done.fallback, reply_fallback=done.fallback), *pause]

    async def forget(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Events:  # noqa: ARG002
        """Erase what was kept here, and let Rasa begin afresh. Its own tracker store keeps its own rules."""
        done = await self._ask("forget", tracker)
        dispatcher.utter_message(text=done.text)
        return _slots(tracker, reply_fallback=done.fallback) if done.fallback else [Restarted()]

    async def _say(self, dispatcher: CollectingDispatcher, tracker: Tracker, wish: Mapping[str, Any]) -> Done:
        done = Done("")
        try:
            async with aclosing(self._bot.reply(_state(tracker), wish)) as pieces:
                async for piece in pieces:
                    done = piece if isinstance(piece, Done) else done
        except Unanswered as why:
            done = _sorry(tracker, why)
        done = done if done.text else _sorry(tracker, Unanswered("empty"))
        dispatcher.utter_message(text=done.text)
        return done

    async def _stream(self, dispatcher: CollectingDispatcher, tracker: Tracker, wish: Mapping[str, Any]) -> Done:
        """Send each piece on; once the person speaks, leave, which stops the model."""
        done, said = Done("", fallback="stopped"), False
        await dispatcher.stream_start()
        try:
            async with (
                aclosing(self._bot.reply(_state(tracker), wish)) as pieces,
                aclosing(_watched(pieces)) as watched,
            ):
                async for piece in watched:
                    if dispatcher.is_streaming_cancelled:
                        break
                    if isinstance(piece, Done):
                        done = piece
                    elif piece:
                        await dispatcher.stream_chunk(text=piece)
                        said = True
        except Unanswered as why:
            done = _sorry(tracker, why)
            await dispatcher.stream_chunk(text=f"\n{done.text}" if said else done.text)
        await dispatcher.stream_end()
        return done

    async def _ask(self, what: str, tracker: Tracker) -> Done:
        try:
            return await self._bot.do(what, _state(tracker))
        except Unanswered as why:
            return _sorry(tracker, why)


async def _watched(pieces: AsyncGenerator[str | Done, None]) -> AsyncGenerator[str | Done, None]:
    """Give the pieces, and an empty one whenever nothing came for a moment, so that the reader can look around."""
    following = asyncio.ensure_future(anext(pieces))
    try:
        while True:
            await asyncio.wait([following], timeout=LOOK)
            if not following.done():
                yield ""
                continue
            try:
                piece = following.result()
            except StopAsyncIteration:
                return
            following = asyncio.ensure_future(anext(pieces))
            yield piece
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _state(tracker: Tracker) -> dict[str, Any]:
    """Return of the tracker what the bot looks at, so that a long history is not sent on."""
    return newest(
        {
            "sender_id": tracker.sender_id,
            "slots": tracker.slots,
            "latest_message": tracker.latest_message,
            "events": tracker.events,
        }
    )


def _slots(tracker: Tracker, **values: Any) -> Events:
    """Set the slots that the domain knows; Rasa reports an error for others."""
    return [SlotSet(name, value) for name, value in values.items() if name in tracker.slots]


def _sorry(tracker: Tracker, why: Unanswered) -> Done:
    log.warning("rasa: the bot gave no answer", reason=why.reason)
    said = str((tracker.latest_message or {}).get("text") or "")
    language = str(tracker.slots.get("lang") or ("zh" if HAN.search(said) else "en"))[:2]
    return Done(SORRY.get(language, SORRY["en"]), fallback=why.reason)
