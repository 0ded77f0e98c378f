"""Asks responders in their order: the first that has a reply wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import structlog

from bot.interfaces import Responder
from bot.messages import Question, Reply

log = structlog.get_logger()


async def first_reply(
    responders: Iterable[Responder], question: Question, show: Callable[[str], None]
) -> tuple[Reply | None, str]:
    """Return the first reply, or none, and why the last responder that failed did so.

    A responder that fails leaves its reason to the next, in the question.
    """
    for responder in responders:
        try:
            reply = await responder.respond(question, show)
        except Exception as error:
            reason = getattr(error, "reason", type(error).__name__)
            log.warning("responder failed", responder=type(responder).__name__, reason=reason)
            question = replace(question, reason=reason)
        else:
            if reply is not None:
                return reply, question.reason
    return None, question.reason or "no responder"
