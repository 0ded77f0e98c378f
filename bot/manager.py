"""Answers conversations: a claim is the right to give one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID, uuid5

import structlog

from bot.chain import first_reply
from bot.delivery import Delivery
from bot.errors import Fenced, StoreDown
from bot.interfaces import Connector, Models, Responder
from bot.messages import (
    Acceptance,
    Address,
    Answering,
    Conversation,
    Kind,
    Part,
    Question,
    Reply,
    State,
    Turn,
)
from bot.showing import Showing
from bot.splitting import limit_of, split
from bot.store.answering import Answers
from bot.store.leasing import Claim, Leases

log = structlog.get_logger()

BEAT = 2.5
"""Seconds between signs of life of an owner; a lease outlives several."""
QUESTIONS = UUID("0b8e1b3e-3b0e-4a43-9a52-6d1f9f0d5c77")


@dataclass(frozen=True, slots=True)
class Writing:
    """A question that is being answered in this process. `until` is the number of its last message."""

    question: str
    until: int


class ConversationManager:
    """Owns the work on claimed conversations: read, ask the responders, store, deliver."""

    def __init__(
        self,
        leases: Leases,
        answers: Answers,
        delivery: Delivery,
        connectors: Mapping[str, Connector],
        responders: Sequence[Responder],
        models: Models,
        seconds: float = 30.0,
    ) -> None:
        self._leases = leases
        self._answers = answers
        self._delivery = delivery
        self._connectors = connectors
        self._responders = responders
        self._models = models
        self._seconds = seconds
        self._writing: dict[int, Writing] = {}

    async def serve(self, claim: Claim) -> None:
        """Answer and deliver what is open, then release. Whatever goes wrong, the next owner finds all it needs."""
        in_order = False
        try:
            await self._while_held(claim, self._work(claim))
            in_order = True
        except Fenced:
            log.warning("lease lost", conversation=claim.conversation)
        except StoreDown as error:
            log.warning("store away, lease will lapse", conversation=claim.conversation, error=str(error))
        finally:
            await self._release(claim, in_order)

    async def stop(self, address: Address, acceptance: Acceptance) -> None:
        """Stop the reply that is being written there, whichever process asked for it."""
        await self._models.stop(question_id(address, acceptance.fence))

    async def _release(self, claim: Claim, in_order: bool) -> None:
        try:
            await self._leases.release(claim, in_order=in_order)
        except (Fenced, StoreDown) as error:
            log.info("not released", conversation=claim.conversation, error=str(error))

    async def _while_held(self, claim: Claim, work: Awaitable[None]) -> None:
        """Run the work and keep the lease; whichever ends first ends both."""
        worker, beat = asyncio.ensure_future(work), asyncio.ensure_future(self._beat(claim))
        try:
            await asyncio.wait((worker, beat), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (worker, beat):
                task.cancel()
            done = await asyncio.gather(worker, beat, return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, Exception):
                raise outcome

    async def _beat(self, claim: Claim) -> None:
        """Extend the lease until cancelled. Raises `Fenced` when it is lost."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._stop_before(claim.conversation, await self._leases.extend(claim))
            except StoreDown as error:
                log.warning("lease not extended", conversation=claim.conversation, error=str(error))

    async def _stop_before(self, conversation: int, seq: int) -> None:
        """Stop writing a reply to messages before `seq`, also where the call to stop came before the writing."""
        writing = self._writing.get(conversation)
        if writing is not None and writing.until < seq:
            await self._models.stop(writing.question)

    async def _work(self, claim: Claim) -> None:
        """Send what is left of earlier replies, then give one answer.

        More would be unfair to others: what is still open makes the conversation due again on release.
        """
        if claim.unsent:
            await self._delivery.deliver(claim)
        conversation, waiting = await self._answers.waiting(claim)
        if waiting:
            question, turn = await self._answer(claim, conversation, together(waiting))
            await self._delivery.deliver(claim)
            if turn is not None:
                self._models.shadow(question, turn)

    async def _answer(
        self, claim: Claim, conversation: Conversation, messages: Sequence[Turn]
    ) -> tuple[Question, int | None]:
        """Store an answer; return the question, and the reply's turn where a model was asked."""
        version = self._models.assign(conversation.address)
        name = question_id(conversation.address, claim.fence)
        question = Question(conversation, tuple(messages), name, self._seconds, claim.attempts, version=version)
        quote = "" if conversation.private else messages[-1].platform_id
        self._writing[conversation.id] = Writing(question.id, messages[-1].seq)
        try:
            reply = await self._ask(claim, question, quote)
        finally:
            del self._writing[conversation.id]
        pieces = split(reply.text, limit_of(self._connectors, conversation.address.channel))
        turn = await self._answers.answer(claim, messages, reply, pieces, quote)
        return question, turn if reply.version else None

    async def _ask(self, claim: Claim, question: Question, quote: str) -> Reply:
        """Return the first reply; without one, a person has to answer.

        Where one does, the bot is silent. Only to be forgotten can be asked of it at any time.
        """
        if question.conversation.answering is not Answering.BOT and question.messages[-1].command != "forget":
            return Reply("", "nobody", reason="answered by human", ends=State.HANDED_OVER)
        async with self._showing(claim, question, quote) as showing:
            reply, reason = await first_reply(self._responders, question, showing.show)
        return reply or Reply("", "nobody", reason=reason, ends=State.HANDED_OVER)

    def _showing(self, claim: Claim, question: Question, quote: str) -> Showing:
        where = question.conversation.address
        live, reader = question.conversation.live, question.messages[-1].sender
        beginning = Part(where, "", question.id, reply_to=quote, live=live, reader=reader)
        connector = self._connectors.get(where.channel)
        return Showing(connector, beginning, lambda live: self._answers.show(claim, live))


def question_id(address: Address, fence: int) -> str:
    """Name the one question that the holder of this fence may ask: so everybody can stop it who reads the database."""
    where = (address.channel, address.account, address.chat, address.thread)
    return uuid5(QUESTIONS, "\x1f".join((*where, str(fence)))).hex


def together(waiting: Sequence[Turn]) -> list[Turn]:
    """Return the messages at the head that deserve one answer: a run of one kind, but each command alone."""
    head = waiting[0]
    if head.kind is Kind.COMMAND:
        return [head]
    return list(takewhile(lambda turn: turn.kind is head.kind, waiting))
