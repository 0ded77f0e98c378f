"""What waits for an answer, and T2: the answer and its parts are stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Conversation, Effect, Reply, Speaker, State, Turn
from bot.remembering import of_session
from bot.store.alerts import Kind as AlertKind
from bot.store.alerts import raise_alert
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from bot.store.handing import GIVEN_BACK, silent, taken_over
from bot.store.leasing import Claim, hold
from bot.store.reading import find_conversation, newest_turns, read_conversation, read_turn
from bot.store.rollout.askings import note_askings
from bot.store.speaking import Words, speak
from bot.store.summaries import forget_summary, read_summary
from bot.store.tables import ConversationRow, PartRow, TurnRow
from bot.store.writing import keep_writings

REMEMBERED = 40
"""Turns of a conversation that are read for an answer; the model cuts them further by tokens."""


class Answers:
    """Reads open messages and stores their answers.

    `leave` says, by address and language, what takes the place of an unfinished reply when a person takes over.
    So many `hours` of silence end a session; 0: none does. With `summaries` conversations bring theirs along.
    """

    def __init__(
        self,
        database: Database,
        leave: Callable[[Address, str], str] = lambda address, language: "…",  # noqa: ARG005
        hours: float = 0.0,
        *,
        summaries: bool = False,
    ) -> None:
        self._database = database
        self._leave = leave
        self._hours = hours
        self._summaries = summaries

    async def waiting(self, claim: Claim) -> tuple[Conversation, tuple[Turn, ...]]:
        """Return the conversation so far, and its open messages in the order they were written. Raises `StoreDown`."""
        of_conversation = TurnRow.conversation_id == claim.conversation
        table = TurnRow.__table__
        opened = select(table).where(of_conversation, TurnRow.state == State.OPEN, TurnRow.speaker == Speaker.USER)
        async with self._database.read() as connection:
            row = await find_conversation(connection, claim.conversation)
            rows = await connection.execute(opened.order_by(TurnRow.written, TurnRow.seq))
            messages = tuple(read_turn(found) for found in rows)
            said = TurnRow.state.not_in((State.OPEN, State.ERASED))
            past = await newest_turns(connection, (of_conversation, TurnRow.seq > row.context_from, said), REMEMBERED)
            summary = await read_summary(connection, claim.conversation) if self._summaries else None
        turns = of_session(past, messages, self._hours)
        told = summary is not None and summary.told_before(turns, self._hours, whole=len(turns) == len(past))
        conversation = read_conversation(row, turns)
        return replace(conversation, summary=summary.text if summary and told else ""), messages

    async def answer(
        self, claim: Claim, messages: Sequence[Turn], reply: Reply, pieces: Sequence[str], quote: str = ""
    ) -> int | None:
        """Store the reply in `pieces` for the outbox and return its turn; without pieces the messages end at once.

        The first piece quotes the message whose platform id is `quote`. Where a person has taken over meanwhile, the
        bot has nothing to say any more: its reply is dropped, and the messages are that person's. A message that shows
        the reply's beginning already says so instead.
        Raises `Fenced` (nothing is stored) and `StoreDown`.
        """
        async with self._database.begin() as connection:
            await hold(connection, claim)
            await _apply(connection, claim.conversation, reply.effect)
            beginning = await _take_beginning(connection, claim.conversation)
            if by_person := await taken_over(connection, claim.conversation):
                reply, pieces = silent(reply), ()
                excuse = await self._excuse(connection, claim, *by_person) if beginning.get("live") else None
                await _put_into(connection, beginning, excuse)
            turn = await _insert_reply(connection, claim.conversation, reply, pieces, quote) if pieces else None
            await _put_into(connection, beginning, turn)
            await _mark(connection, messages, turn, reply)
            if turn is not None:
                await note_askings(connection, claim.conversation, {turn: reply})
            if reply.ends is State.HANDED_OVER:
                await raise_alert(connection, claim.conversation, AlertKind.HANDED_OVER, reply.reason)
        if reply.effect is Effect.FORGET:
            await self._database.scrub()
        return turn

    async def _excuse(self, connection: AsyncConnection, claim: Claim, address: Address, language: str) -> int:
        text = self._leave(address, language)
        words = Words(Speaker.BOT, text, "scripted", reason="handover")
        return await speak(connection, claim.conversation, words, [text])

    async def show(self, claim: Claim, live: str | None) -> None:
        """Keep the id of a message that shows the beginning of the reply: whoever gives it finishes that message.

        `None` says that it is being posted, so that one may be there whose id nobody knows: if it stays so, the reply,
        which then is another message, is marked as a possible duplicate. Raises `Fenced` and `StoreDown`.
        """
        async with self._database.begin() as connection:
            await hold(connection, claim)
            row = ConversationRow
            await connection.execute(update(row).where(row.id == claim.conversation).values(live=live))


async def _put_into(connection: AsyncConnection, beginning: Mapping[str, object], turn: int | None) -> None:
    """Let the turn finish the message that shows its beginning; where one may be left behind, it is marked."""
    if turn is not None and beginning:
        first = update(PartRow).where(PartRow.turn_id == turn, PartRow.number == 0)
        await connection.execute(first.values(dict(beginning)))


async def _take_beginning(connection: AsyncConnection, conversation: int) -> dict[str, object]:
    """Return what the first part of the reply has to know of a message that shows its beginning; that is then over."""
    row = ConversationRow
    found = (await connection.execute(select(row.live, row.left_behind).where(row.id == conversation))).one()
    if found.live == "" and not found.left_behind:
        return {}
    await connection.execute(update(row).where(row.id == conversation).values(live="", left_behind=False))
    return {"live": found.live or "", "maybe_duplicate": found.left_behind or found.live is None}


async def _apply(connection: AsyncConnection, conversation: int, effect: Effect) -> None:
    row = ConversationRow
    if effect is Effect.FORGET:
        await erase_conversation(connection, conversation)
        await connection.execute(update(row).where(row.id == conversation).values(**GIVEN_BACK))
    if effect is not Effect.NONE:
        from_here = update(row).where(row.id == conversation).values(context_from=row.next_seq)
        await connection.execute(from_here)
        await forget_summary(connection, conversation)


async def _insert_reply(
    connection: AsyncConnection, conversation: int, reply: Reply, pieces: Sequence[str], quote: str
) -> int:
    # Progress was made, so a crash from here on is a new story: the count of attempts starts again.
    row = ConversationRow
    await connection.execute(update(row).where(row.id == conversation).values(attempts=0))
    words = Words(Speaker.BOT, reply.text, reply.responder, reason=reply.reason, draft=reply.draft, ends=reply.ends)
    turn = await speak(connection, conversation, words, pieces, quote)
    if reply.writing is not None:
        await keep_writings(connection, {turn: reply.writing})
    return turn


async def _mark(connection: AsyncConnection, messages: Sequence[Turn], turn: int | None, reply: Reply) -> None:
    """Tie the messages to their reply; without one they end here."""
    values: dict[str, object] = {"state": State.REPLYING, "reply_id": turn, "reason": reply.reason}
    if turn is None:
        values |= {"state": reply.ends, "ended_at": db_now(), "responder": reply.responder}
    mine = TurnRow.id.in_([message.id for message in messages])
    await connection.execute(update(TurnRow).where(mine).values(**values))
