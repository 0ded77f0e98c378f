"""T3 and T4: what is about to be sent, and what the platform said to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.errors import Fenced
from bot.messages import Address, Answering, Part, Receipt, Speaker, State
from bot.store.alerts import Kind, raise_alert
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.leasing import WAITING, Claim, hold
from bot.store.opinions import may_be_judged
from bot.store.tables import ConversationRow, PartRow, TurnRow


@dataclass(frozen=True, slots=True)
class Intent:
    """A part that may be sent now, once.

    `attempts` counts this one; `age` is how long it has waited, in seconds; `last` says that nothing comes after it;
    `gone` that the platform told us that the chat is closed to us.
    """

    id: int
    turn: int
    part: Part
    attempts: int
    age: float
    last: bool = False
    gone: bool = False


class Outbox:
    """The parts of a conversation, sent in order: the head blocks what comes after it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, claim: Claim) -> Intent | None:
        """Mark the head as being sent and return it, or `None` if nothing may be sent now.

        A head that was being sent before may have been seen: it is marked as a possible duplicate. A reply of the bot
        that is not sent when a person takes over is withdrawn, and the messages it answers are that person's; one whose
        beginning can be seen already is finished.
        Raises `Fenced` and `StoreDown`.
        """
        async with self._database.begin() as connection:
            await hold(connection, claim)
            head = await _head(connection, claim.conversation)
            while head is not None and head.unwanted:
                await _withdraw(connection, head.turn_id)
                head = await _head(connection, claim.conversation)
            if head is None or not head.due:
                return None
            repeat = head.state != "ready" or head.maybe_duplicate
            sending = {"state": "sending", "attempts": head.attempts + 1, "maybe_duplicate": repeat}
            await connection.execute(update(PartRow).where(PartRow.id == head.id).values(**sending))
        address = Address(head.channel, head.account, head.chat, head.thread)
        part = Part(
            address, head.text, head.send_key, head.number, head.reply_to, repeat, asks=bool(head.asks), live=head.live
        )
        return Intent(
            head.id, head.turn_id, part, head.attempts + 1, head.age, head.left == 1, head.gone_at is not None
        )

    async def sent(self, claim: Claim, intent: Intent, receipt: Receipt) -> Sequence[Ended]:
        """Store the receipt and return the messages that ended with it.

        It is stored also when the claim was lost meanwhile: then the next owner may have sent the part, too.
        Raises `StoreDown`.
        """
        async with self._database.begin() as connection:
            values: dict[str, object] = {"state": "sent", "platform_id": receipt.platform_id, "sent_at": db_now()}
            try:
                await hold(connection, claim)
            except Fenced:
                values["maybe_duplicate"] = True
            await connection.execute(update(PartRow).where(PartRow.id == intent.id).values(**values, last_error=""))
            return await _finish(connection, claim.conversation, intent.turn)

    async def failed(self, claim: Claim, intent: Intent, verdict: Verdict) -> Sequence[Ended]:
        """Store what went wrong and what follows; return the messages that ended so. Raises `Fenced`, `StoreDown`."""
        values: dict[str, object] = {
            "state": verdict.state,
            "not_before": db_now() + verdict.after,
            "last_error": verdict.error[:200],
        }
        async with self._database.begin() as connection:
            await hold(connection, claim)
            await connection.execute(update(PartRow).where(PartRow.id == intent.id).values(**values))
            if verdict.ends is None:
                return ()
            if verdict.state == "held":
                await raise_alert(connection, claim.conversation, Kind.HELD, verdict.error)
            return await _give_up(connection, intent.turn, verdict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed sending means: the part's new `state`, and when it may be tried again, in seconds.

    With `ends` it is not tried again: the whole reply is given up, and the messages it answers end so.
    """

    state: str
    error: str
    after: float = 0.0
    ends: State | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A person's message reached its end, `seconds` after it was accepted."""

    state: State
    seconds: float


async def _head(connection: AsyncConnection, conversation: int) -> Row[Any] | None:
    return (await connection.execute(_first_waiting(), {"the_conversation": conversation})).first()


@cache
def _first_waiting() -> Executable:
    """Made once: it is long, and every part that is sent asks for it."""
    row, owner = PartRow.__table__, ConversationRow
    due, age = row.c.not_before <= db_now(), db_now() - TurnRow.at
    last = select(func.max(PartRow.number)).where(PartRow.turn_id == row.c.turn_id).scalar_subquery()
    asks = (row.c.number == last) & may_be_judged(row.c.turn_id)
    asked = aliased(TurnRow)
    replies = exists().where(asked.reply_id == row.c.turn_id, asked.speaker == Speaker.USER)
    unwanted = (owner.answering != Answering.BOT) & (TurnRow.speaker == Speaker.BOT) & (row.c.live == "") & replies
    named = {"due": due, "age": age, "left": func.count().over(), "asks": asks, "unwanted": unwanted}
    place = (owner.channel, owner.account, owner.chat, owner.thread, owner.gone_at)
    return (
        select(row, *(column.label(name) for name, column in named.items()), *place)
        .join(owner, owner.id == row.c.conversation_id)
        .join(TurnRow, TurnRow.id == row.c.turn_id)
        .where(row.c.conversation_id == bindparam("the_conversation"), row.c.state.in_(WAITING))
        .order_by(row.c.turn_id, row.c.number)
        .limit(1)
    )


async def _finish(connection: AsyncConnection, conversation: int, turn: int) -> Sequence[Ended]:
    """When the last part is out, the reply is said and the messages it answers end as the reply decided."""
    left = select(PartRow.id).where(PartRow.turn_id == turn, PartRow.state.in_(WAITING)).limit(1)
    if (await connection.execute(left)).first() is not None:
        return ()
    fresh = update(ConversationRow).where(ConversationRow.id == conversation).values(attempts=0)
    await connection.execute(fresh)
    ends = (await connection.execute(select(TurnRow.ends).where(TurnRow.id == turn))).scalar()
    return await _end(connection, turn, State(ends)) if ends else ()  # erased meanwhile: nothing is left to end


async def _give_up(connection: AsyncConnection, turn: int, verdict: Verdict) -> Sequence[Ended]:
    """The parts that were not sent stay unsent, with the verdict's state; what was sent stays sent."""
    rest = update(PartRow).where(PartRow.turn_id == turn, PartRow.state.in_(WAITING))
    await connection.execute(rest.values(state=verdict.state))
    return await _end(connection, turn, verdict.ends or State.UNDELIVERABLE, reason=verdict.error[:200])


async def _withdraw(connection: AsyncConnection, turn: int) -> None:
    """The bot's reply will not be said, or not to its end, for a person answers now."""
    reason = "a person took over"
    mine = update(TurnRow).where(TurnRow.state == State.REPLYING)
    ended = {"ended_at": db_now(), "reason": reason}
    left = mine.where(TurnRow.reply_id == turn, TurnRow.speaker == Speaker.USER)
    await connection.execute(left.values(state=State.HANDED_OVER, **ended))
    await connection.execute(mine.where(TurnRow.id == turn).values(state=State.UNDELIVERABLE, **ended))
    rest = update(PartRow).where(PartRow.turn_id == turn, PartRow.state.in_(WAITING))
    await connection.execute(rest.values(state="held", last_error=reason))


async def _end(connection: AsyncConnection, turn: int, state: State, **more: object) -> Sequence[Ended]:
    """End the reply and the messages it answers; return the messages."""
    mine = or_(TurnRow.id == turn, (TurnRow.reply_id == turn) & (TurnRow.speaker == Speaker.USER))
    statement = update(TurnRow).where(mine, TurnRow.state == State.REPLYING)
    statement = statement.values(state=state, ended_at=db_now(), **more)
    rows = await connection.execute(statement.returning(TurnRow.speaker, db_now() - TurnRow.at))
    return [Ended(state, seconds) for speaker, seconds in rows.all() if speaker == Speaker.USER]
