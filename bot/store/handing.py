"""A person of the team takes a conversation over, writes in the bot's place, and gives it back.

Everything here runs inside the caller's transaction, so that the audit log tells the same story.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotYours
from bot.messages import Acceptance, Address, Answering, Reply, Speaker, State
from bot.store.alerts import Kind, close_alerts, raise_alert
from bot.store.clock import db_now
from bot.store.speaking import Words, speak
from bot.store.tables import ConversationRow, TurnRow

RESPONDER = "human"
GIVEN_BACK = {"answering": Answering.BOT, "taken_by": None, "human_at": None}


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds after which a conversation goes back to the bot."""

    human: float = 900.0
    """The person waits for an answer, and whoever took over has not written for so long."""
    person: float = 7200.0
    """Neither of the two has written for so long."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation was taken over: nobody needs the reply any more that its owner writes to the messages so far."""

    address: Address
    acceptance: Acceptance


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A conversation went back to the bot by itself. `waiting`: the person was left without an answer."""

    conversation: int
    by: str
    language: str
    waiting: bool


async def take(connection: AsyncConnection, conversation: int, by: str, *, from_others: bool = False) -> Taken:
    """Let `by` answer from now on; return what stops the reply that is being written.

    What the bot has not sent by then is not sent any more. Raises `NotYours` where somebody else has it (with
    `from_others` it is taken from them), or where there is no such conversation.
    """
    row = ConversationRow
    free = row.id == conversation if from_others else _mine(conversation, by) | row.taken_by.is_(None)
    taken = {
        "answering": Answering.HUMAN,
        "taken_by": by,
        "human_at": db_now(),
        "stop_seq": row.next_seq + 1,
        "due_at": db_now(),  # so that its next owner withdraws what was not sent
    }
    statement = update(row).where(row.id == conversation, free).values(**taken)
    statement = statement.returning(row.channel, row.account, row.chat, row.thread, row.stop_seq, row.fence)
    found = (await connection.execute(statement)).first()
    if found is None:
        raise await _refusal(connection, conversation)
    await close_alerts(connection, conversation, by)
    address = Address(found.channel, found.account, found.chat, found.thread)
    return Taken(address, Acceptance(True, conversation, found.stop_seq, found.fence))


async def give_back(connection: AsyncConnection, conversation: int, by: str) -> None:
    """Let the bot answer again, from the next message on. Raises `NotYours`."""
    back = update(ConversationRow).where(_mine(conversation, by)).values(**GIVEN_BACK)
    if (await connection.execute(back)).rowcount == 0:
        raise await _refusal(connection, conversation)


async def write(connection: AsyncConnection, conversation: int, by: str, text: str, pieces: Sequence[str]) -> int:
    """Put the words of whoever took over into the outbox; return their turn. Raises `NotYours`."""
    mine = update(ConversationRow).where(_mine(conversation, by)).values(human_at=db_now())
    if (await connection.execute(mine)).rowcount == 0:
        raise await _refusal(connection, conversation)
    turn = await speak(connection, conversation, Words(Speaker.HUMAN, text, RESPONDER, by), pieces)
    await _tie(connection, conversation, turn)
    return turn


async def give_back_silent(
    connection: AsyncConnection, silence: Silence, say: Callable[[Address, str], str]
) -> Sequence[GivenBack]:
    """Give back what was left alone too long, and return it.

    Who was left without an answer is told so, as `say` has it for address and language, and the team is told, too.
    """
    row, waits = ConversationRow, _waits(silence.human)
    over = (row.human_at < db_now() - silence.person) & (row.last_message_at < db_now() - silence.person)
    where = (row.channel, row.account, row.chat, row.thread)
    left = select(row.id, row.taken_by, row.language, waits.label("waits"), *where)
    left = left.where(row.taken_by.is_not(None), or_(waits, over)).with_for_update(skip_locked=True)
    rows = (await connection.execute(left)).all()
    found = [GivenBack(one.id, one.taken_by, one.language, bool(one.waits)) for one in rows]
    for one, at in zip(found, rows, strict=True):
        await _return(connection, one, say(Address(at.channel, at.account, at.chat, at.thread), one.language))
    return found


async def _return(connection: AsyncConnection, back: GivenBack, text: str) -> None:
    row = ConversationRow
    await connection.execute(update(row).where(row.id == back.conversation).values(**GIVEN_BACK))
    if back.waiting:
        await speak(connection, back.conversation, Words(Speaker.BOT, text, "scripted", reason="given_back"), [text])
        await raise_alert(connection, back.conversation, Kind.HANDED_OVER, "left without an answer")


def silent(reply: Reply) -> Reply:
    """What becomes of a reply of the bot when a person answers: nothing is said, and the messages are that person's."""
    return Reply("", reply.responder, reason="answered by human", ends=State.HANDED_OVER)


async def taken_over(connection: AsyncConnection, conversation: int) -> tuple[Address, str] | None:
    """Return the conversation's address and language if the bot has to be silent there, else `None`.

    Asked under the conversation's lock, just before the bot would speak.
    """
    row = ConversationRow
    where = select(row.channel, row.account, row.chat, row.thread, row.language)
    found = (await connection.execute(where.where(row.id == conversation, row.answering != Answering.BOT))).first()
    return None if found is None else (Address(*found[:-1]), found.language)


def _mine(conversation: int, by: str) -> ColumnElement[bool]:
    return (ConversationRow.id == conversation) & (ConversationRow.taken_by == by)


def _waits(seconds: float) -> ColumnElement[bool]:
    """Whether the person has been without an answer of whoever took over for so long.

    A message that came after the human's last words waits since it came. Who took over and never wrote lets the
    person wait since then, for most conversations are taken over because somebody waits.
    """
    row = ConversationRow
    of_row = TurnRow.conversation_id == row.id
    unanswered = exists().where(
        of_row, TurnRow.speaker == Speaker.USER, TurnRow.at > row.human_at, TurnRow.at < db_now() - seconds
    )
    spoke = exists().where(of_row, TurnRow.speaker == Speaker.HUMAN, TurnRow.at >= row.human_at)
    return unanswered | ((row.human_at < db_now() - seconds) & ~spoke)


async def _tie(connection: AsyncConnection, conversation: int, turn: int) -> None:
    """The messages that were left to a person since somebody answered last are answered by this turn."""
    answered = select(func.coalesce(func.max(TurnRow.seq), 0)).where(
        TurnRow.conversation_id == conversation,
        TurnRow.speaker != Speaker.USER,
        TurnRow.id != turn,
        TurnRow.state.in_((State.ANSWERED, State.ANSWERED_UNSURE, State.REPLYING)),
    )
    left = update(TurnRow).where(
        TurnRow.conversation_id == conversation,
        TurnRow.speaker == Speaker.USER,
        TurnRow.state == State.HANDED_OVER,
        TurnRow.reply_id.is_(None),
        TurnRow.seq > answered.scalar_subquery(),
    )
    await connection.execute(left.values(reply_id=turn))


async def _refusal(connection: AsyncConnection, conversation: int) -> NotYours:
    found: Row[Any] | None = (
        await connection.execute(select(ConversationRow.taken_by).where(ConversationRow.id == conversation))
    ).first()
    return NotYours(found.taken_by or "") if found is not None else NotYours("", known=False)
