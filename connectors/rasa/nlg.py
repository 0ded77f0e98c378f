"""The NLG server: Rasa names a response, we say it. Always 200 with a body that Rasa's schema takes, and in time.

Any status from 400 on, or a body of another shape, leaves the person without an answer (Rasa, `core/nlg/callback.py`).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import structlog
from starlette.responses import JSONResponse, Response

from bot.messages import Reply
from bot.untrusted import Unusable
from connectors.rasa.asking import Desk, taste_of
from connectors.rasa.faithful import HAN, altered, invented, likeness, missing
from connectors.rasa.settings import RasaSettings
from connectors.rasa.templates import Filled, Templates
from connectors.rasa.tracing import continued
from connectors.rasa.tracker import Asked, read_nlg
from connectors.rasa.wire import Delivery

log = structlog.get_logger()

WRITING = 0.75
"""The share of the time that the model gets; the rest is for checking, keeping and sending."""
INSTRUCTIONS = {"en": "Say this in other words: {}", "zh": "请换一种说法：{}"}
CUT = ("deadline", "stopped")
UNKNOWN_MODEL = "unknown model"
"""Said by the author of a good reply that another model wrote than the one asked for."""
IN_PLACE_OF = "in place of"
"""So begins the reason of a good reply that another model wrote, since the first one could not."""


class Nlg:
    """Chooses between the template and a model's words for it."""

    def __init__(self, settings: RasaSettings, templates: Templates, desk: Desk) -> None:
        self._settings = settings
        self._templates = templates
        self._desk = desk

    async def answer(self, delivery: Delivery) -> Response:
        """Answer 200, whatever happens."""
        with continued(delivery.headers, "rasa.nlg"):
            body = await self._body(delivery)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def _body(self, delivery: Delivery) -> dict[str, Any]:
        if delivery.problem:
            return self._excused(delivery.problem)
        try:
            asked = read_nlg(delivery.body, self._settings.language_slot)
        except Unusable as error:
            log.warning("rasa: a request for a text cannot be read", reason=str(error))
            return self._excused("unreadable")
        return await self._said(asked)

    async def _said(self, asked: Asked) -> dict[str, Any]:
        filled = None
        try:
            filled = self._templates.choose(asked)
            async with asyncio.timeout(self._settings.seconds):
                reply = await self._reply(asked, filled)
                await self._desk.keep(asked, f"nlg:{asked.response}", reply)
        except TimeoutError:
            reply = self._instead(asked, filled, "late")
        except Exception as error:
            log.error("rasa: a text could not be given", error=type(error).__name__)
            reply = self._instead(asked, filled, "failed")
        return self._rendered(asked, filled, reply)

    async def _reply(self, asked: Asked, filled: Filled | None) -> Reply:
        mode = self._mode(asked, filled)
        if filled is not None and mode == "verbatim":
            return Reply(filled.text, "template")
        taste, seconds = taste_of(asked.values), WRITING * self._settings.seconds
        if filled is not None and mode == "rewrite":
            reply = await self._desk.say(asked, taste, _instruction(filled.text), seconds)
            return self._checked(asked, filled, reply, self._unfaithful(filled, reply))
        reply = await self._desk.answer(asked, taste, seconds, lambda _: None)
        return self._checked(asked, filled, reply, _unfounded(asked, filled, reply))

    def _mode(self, asked: Asked, filled: Filled | None) -> str:
        """What the settings say of this response; without a template it can only be generated."""
        if filled is None:
            return "generate"
        if not filled.text or not filled.rephrase or _named(asked.response, self._settings.verbatim):
            return "verbatim"
        if _named(asked.response, self._settings.generate):
            return "generate"
        return "rewrite" if _named(asked.response, self._settings.rewrite) else "verbatim"

    def _checked(self, asked: Asked, filled: Filled | None, reply: Reply, why: str) -> Reply:
        if reply.responder == "crisis" and _named(asked.response, self._settings.generate):
            return reply
        if reply.responder != "generative" or not _harmless(reply.reason):
            return self._instead(asked, filled, reply.reason or reply.responder, reply)
        return self._instead(asked, filled, why) if why else reply

    def _unfaithful(self, filled: Filled, reply: Reply) -> str:
        if reply.writing is not None and reply.writing.finish != "end":
            return "cut short"
        why = altered(filled.text, filled.values, reply.text)
        if not why and len(reply.text) > 2 * len(filled.text) + 20:
            why = "too long"
        return why or ("" if likeness(filled.text, reply.text) >= self._settings.likeness else "meaning altered")

    def _instead(self, asked: Asked, filled: Filled | None, reason: str, reply: Reply | None = None) -> Reply:
        """The template itself; without one the sentence that says how to reach a person."""
        log.info("rasa: fallback", response=asked.response, reason=reason)
        if filled is not None:
            return Reply(filled.text, "template", reason)
        return replace(reply or self._desk.phrase(asked, "fallback"), reason=reason)

    def _excused(self, problem: str) -> dict[str, Any]:
        log.warning("rasa: fallback", reason=problem)
        reply = self._desk.phrase(None, "fallback")
        return _shape(reply.text, None, None, {"model": None, "fallback": problem})

    def _rendered(self, asked: Asked, filled: Filled | None, reply: Reply) -> dict[str, Any]:
        shown = asked.channel in self._settings.custom_channels
        model = reply.writing.model if reply.writing and reply.responder == "generative" else None
        note = {"model": model, "fallback": reply.reason or None} if shown else {}
        return _shape(reply.text, asked.variation, filled, note)


def _harmless(reason: str) -> bool:
    """Whether the reason only says which model wrote a good reply."""
    return reason in ("", UNKNOWN_MODEL) or reason.startswith(IN_PLACE_OF)


def _shape(text: str, variation: str | None, filled: Filled | None, note: dict[str, Any]) -> dict[str, Any]:
    """The body, with a value of the right kind at every key."""
    filled = filled or Filled()
    return {
        "text": text,
        "id": filled.id or variation,
        "buttons": list(filled.buttons),
        "elements": list(filled.elements),
        "attachment": filled.attachment,
        "image": filled.image,
        "custom": {**filled.custom, **note},
    }


def _instruction(text: str) -> str:
    return INSTRUCTIONS["zh" if HAN.search(text) else "en"].format(text)


def _named(response: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(response, pattern) for pattern in patterns)


def _unfounded(asked: Asked, filled: Filled | None, reply: Reply) -> str:
    """Why a free answer may not be sent. What the owner's facts filled in is not looked at: those are known."""
    known = [turn.text for turn in asked.turns] + [str(value) for value in asked.values.values() if value is not None]
    template = filled.text if filled else ""
    if filled is not None and missing(filled.values, reply.text):
        return "slot altered"
    if filled is not None and reply.writing is not None and reply.writing.finish in CUT:
        return "cut short"
    if any(turn.text == reply.text for turn in asked.turns[-asked.nth :] if asked.nth):
        return "repeated"
    return invented(reply.draft or reply.text, [*known, template])
