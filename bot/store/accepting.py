"""T0: an event of a platform becomes rows, or is recognised as already here. One short transaction."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TypeAlias, assert_never

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Executable,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import (
    Acceptance,
    Address,
    Answering,
    Departure,
    Edit,
    Event,
    Halt,
    Ignored,
    Message,
    Move,
    Opinion,
    Removal,
    Speaker,
    State,
)
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert_for
from bot.store.opinions import keep_opinion
from bot.store.seen import first_time
from bot.store.summaries import forget_summary
from bot.store.tables import ConversationRow, PartRow, RejectRow, TurnRow
from bot.store.writing import forget_prompts

BURST_GAP = 1.5
"""Messages of one conversation closer together than this, in seconds, belong to a burst ..."""
BURST_WAIT = 0.5
"""... and after the first, an answer waits this long for the rest of it."""
REJECT_HEAD = 4096

DUPLICATE = Acceptance(fresh=False)

Stored: TypeAlias = Message | Edit | Removal | Move | Halt | Departure | Opinion


class Acceptor:
    """Stores what platforms deliver."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, event: Event, language: str = "") -> Acceptance:
        """Commit the event. A second delivery changes nothing and is not fresh. Raises `StoreDown`."""
        if isinstance(event, Ignored):
            return DUPLICATE
        async with self._database.begin() as connection:
            if not await first_time(connection, _names(event)):
                return DUPLICATE
            return await _store(connection, event, language)

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        """Keep the head and the hash of a delivery that cannot be used. Raises `StoreDown`."""
        row = {
            "channel": channel,
            "sha256": sha256(body).hexdigest(),
            "head": body[:REJECT_HEAD],
            "reason": reason[:200],
            "at": db_now(),
        }
        async with self._database.begin() as connection:
            await connection.execute(insert(RejectRow).values(**row))


def _names(event: Stored) -> list[tuple[str, ...]]:
    """Name the delivery, and for a message also the message itself: platforms announce one text in two events."""
    address = event.new if isinstance(event, Move) else event.address
    names: list[tuple[str, ...]] = [("delivery", address.channel, address.account, event.key)]
    if isinstance(event, Message) and event.platform_id:
        names.append(("message", address.channel, address.account, address.chat, event.platform_id))
    return names


async def _store(connection: AsyncConnection, event: Stored, language: str) -> Acceptance:
    match event:
        case Message():
            return await _message(connection, event, language)
        case Edit():
            await _change(connection, event.address, event.platform_id, text=event.text, edited_at=db_now())
        case Removal():
            await _change(connection, event.address, event.platform_id, text="", argument="", removed_at=db_now())
        case Move():
            await _move(connection, event.old, event.new)
        case Halt():
            return await _halt(connection, event.address)
        case Departure():
            await _depart(connection, event)
        case Opinion():
            await keep_opinion(connection, event)
        case _:
            assert_never(event)
    return DUPLICATE


async def _message(connection: AsyncConnection, message: Message, language: str) -> Acceptance:
    conversation, seq, fence, wait = await _next_seq(connection, message, language)
    if message.command == "stop":
        stop = update(ConversationRow).where(ConversationRow.id == conversation).values(stop_seq=seq)
        await connection.execute(stop)
    said = {
        "the_conversation": conversation,
        "the_seq": seq,
        "the_kind": message.kind,
        "the_command": message.command[:64],
        "the_argument": message.argument,
        "the_text": message.text,
        "the_sender": message.sender,
        "the_platform_id": message.platform_id,
        "the_order": message.order,
    }
    await connection.execute(_say(), said)
    return Acceptance(fresh=True, conversation=conversation, seq=seq, fence=fence, wait=wait)


@cache
def _say() -> Executable:
    """The INSERT of a person's turn. Made once, as making it takes longer than running it."""
    row, order = TurnRow, _number_named("the_order")
    answered_later = select(row.id).where(
        row.conversation_id == bindparam("the_conversation"),
        row.speaker == Speaker.USER,
        row.written > order,
        row.state != State.OPEN,
    )
    return insert(row).values(
        conversation_id=bindparam("the_conversation"),
        seq=bindparam("the_seq"),
        speaker=Speaker.USER,
        kind=bindparam("the_kind"),
        command=bindparam("the_command"),
        argument=bindparam("the_argument"),
        text=bindparam("the_text"),
        sender=bindparam("the_sender"),
        platform_id=bindparam("the_platform_id"),
        written=order,
        late=answered_later.exists().select().scalar_subquery(),
        **_new_turn(State.OPEN),
    )


def _new_turn(state: State) -> dict[str, object]:
    return {"state": state, "reason": "", "reply_id": None, "responder": "", "draft": "", "ends": "", "at": db_now()}


async def _next_seq(connection: AsyncConnection, message: Message, language: str) -> tuple[int, int, int, float]:
    """Lock the conversation (made if new), take its next number and say in how many seconds an answer is due."""
    address = message.address
    where = {
        "the_channel": address.channel,
        "the_account": address.account,
        "the_chat": address.chat,
        "the_thread": address.thread,
        "the_private": message.private,
        "the_language": language or "en",
        "the_settle": message.settle,
        "the_wait": max(message.settle, BURST_WAIT),
    }
    statement = _number(connection.dialect.name, bool(language))
    found = (await connection.execute(statement, where)).one()
    return found.id, found.next_seq, found.fence, max(0.0, found.wait)


@cache
def _number(dialect: str, speaks: bool) -> Executable:
    """Made once, too. `speaks`: the message says which language the conversation is in."""
    now, settle = db_now(), _number_named("the_settle")
    row, language = ConversationRow, bindparam("the_language", type_=Text())
    new = {
        "channel": bindparam("the_channel"),
        "account": bindparam("the_account"),
        "chat": bindparam("the_chat"),
        "thread": bindparam("the_thread"),
        "private": bindparam("the_private"),
        "language": language,
        "answering": Answering.BOT,
        "next_seq": 1,
        "context_from": 0,
        "stop_seq": 0,
        "last_message_at": now,
        "due_at": now + settle,
        "fence": 0,
        "attempts": 0,
        "created_at": now,
    }
    changed = {
        "next_seq": row.next_seq + 1,
        "last_message_at": now,
        "due_at": _due(settle),
        "gone_at": None,
        **({"language": language} if speaks else {}),
    }
    statement = upsert_for(dialect, row).values(**new)
    statement = statement.on_conflict_do_update(index_elements=["channel", "account", "chat", "thread"], set_=changed)
    return statement.returning(row.id, row.next_seq, row.fence, (row.due_at - db_now()).label("wait"))


def _due(settle: ColumnElement[float]) -> ColumnElement[float]:
    """Keep an earlier date; wait a little inside a burst, and as long as the platform may need to deliver in order."""
    row = ConversationRow
    in_burst = row.last_message_at > db_now() - BURST_GAP
    wait = _number_named("the_wait")
    return func.coalesce(
        case((row.due_at < db_now() + settle, row.due_at), else_=None),
        db_now() + case((in_burst, wait), else_=settle),
    )


def _number_named(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Double())


async def _halt(connection: AsyncConnection, address: Address) -> Acceptance:
    """Stop what is being written to the messages so far; where nothing was ever said there is nothing to stop."""
    row = ConversationRow
    stop = update(row).where(*_in_chat(address), row.thread == address.thread).values(stop_seq=row.next_seq + 1)
    found = (await connection.execute(stop.returning(row.id, row.stop_seq, row.fence))).first()
    if found is None:
        return DUPLICATE
    return Acceptance(fresh=True, conversation=found.id, seq=found.stop_seq, fence=found.fence)


async def _depart(connection: AsyncConnection, event: Departure) -> None:
    gone = update(ConversationRow).where(*_in_chat(event.address))
    await connection.execute(gone.values(gone_at=None if event.back else db_now()))


def _in_chat(address: Address) -> tuple[ColumnElement[bool], ...]:
    row = ConversationRow
    return row.channel == address.channel, row.account == address.account, row.chat == address.chat


async def _change(connection: AsyncConnection, address: Address, platform_id: str, **values: object) -> None:
    """Let the transcript follow an edit or a removal, in whichever thread of the chat the message is."""
    conversations = select(ConversationRow.id).where(*_in_chat(address))
    turn = update(TurnRow).where(
        TurnRow.conversation_id.in_(conversations),
        TurnRow.platform_id == platform_id,
        TurnRow.speaker == Speaker.USER,
        TurnRow.state != State.ERASED,
    )
    changed = (await connection.execute(turn.values(**values).returning(TurnRow.conversation_id, TurnRow.seq))).all()
    for conversation, seq in changed:
        await forget_prompts(connection, conversation, seq)


async def _move(connection: AsyncConnection, old: Address, new: Address) -> None:
    """Give the chat's conversations their new id. Where the new one has begun already, the old turns come first."""
    row = ConversationRow
    of_chat = (row.channel == old.channel, row.account == old.account)
    threads = await connection.execute(select(row.id, row.thread).where(*of_chat, row.chat == old.chat))
    for moved in threads.all():
        await _forget_numbers(connection, moved.id)
        begun = select(row.id).where(*of_chat, row.chat == new.chat, row.thread == moved.thread)
        target = (await connection.execute(begun)).scalar()
        if target is None:
            await connection.execute(update(row).where(row.id == moved.id).values(chat=new.chat))
        else:
            await _join(connection, moved.id, target)


async def _forget_numbers(connection: AsyncConnection, conversation: int) -> None:
    """The chat numbers its messages afresh: the old numbers would name, order and quote the wrong ones."""
    turns = update(TurnRow).where(TurnRow.conversation_id == conversation)
    await connection.execute(turns.values(platform_id="", written=0.0))
    unsent = update(PartRow).where(PartRow.conversation_id == conversation, PartRow.state != "sent")
    await connection.execute(unsent.values(reply_to=""))


async def _join(connection: AsyncConnection, old: int, new: int) -> None:
    length = (await connection.execute(select(ConversationRow.next_seq).where(ConversationRow.id == old))).scalar_one()
    later = update(TurnRow).where(TurnRow.conversation_id == new).values(seq=TurnRow.seq + length)
    await connection.execute(later)
    for conversation in (old, new):
        await forget_summary(connection, conversation)  # its number of a turn is another one's now
    for table in (TurnRow, PartRow):
        await connection.execute(update(table).where(table.conversation_id == old).values(conversation_id=new))
    grown = {"next_seq": ConversationRow.next_seq + length, "due_at": db_now()}
    await connection.execute(update(ConversationRow).where(ConversationRow.id == new).values(**grown))
    await connection.execute(delete(ConversationRow).where(ConversationRow.id == old))
