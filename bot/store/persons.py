"""Erases a person: whatever they wrote on a channel, whatever answered it, and whatever was made of either."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import Speaker, State
from bot.store.alerts import close_alerts
from bot.store.clock import db_now
from bot.store.erasing import erase_turns, let_go
from bot.store.handing import GIVEN_BACK
from bot.store.provenance import Provenance, trained_on
from bot.store.tables import ConversationRow, RejectRow, TurnRow
from bot.store.tables.erasures import ErasureRow
from bot.store.tables.feedback import FeedbackRow


@dataclass(frozen=True, slots=True)
class Person:
    """Whose words: what the channel calls the person (`sender`), or a whole chat, or both."""

    channel: str
    sender: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a person's words are. Private conversations are theirs as a whole, of groups only some turns."""

    wholly: Sequence[int] = ()
    partly: Sequence[int] = ()
    turns: int = 0

    @property
    def conversations(self) -> list[int]:
        return [*self.wholly, *self.partly]


@dataclass(frozen=True, slots=True)
class Erasure:
    """A receipt: how many rows of which tables, and which data sets and models had words of theirs."""

    id: int
    removed: Mapping[str, int]
    conversations: int
    provenance: Provenance = field(default_factory=Provenance)


async def person_of(connection: AsyncConnection, conversation: int) -> Person | None:
    """Return whose a private conversation is; `None` for a group, where several people write."""
    row = ConversationRow
    named = select(row.channel, row.chat).where(row.id == conversation, row.private)
    found = (await connection.execute(named)).first()
    if found is None:
        return None
    wrote = select(TurnRow.sender).where(TurnRow.conversation_id == conversation, TurnRow.speaker == Speaker.USER)
    sender = (await connection.execute(wrote.where(TurnRow.sender != "").limit(1))).scalar()
    return Person(found.channel, sender or "", "" if sender else found.chat)


async def channels(connection: AsyncConnection) -> Sequence[tuple[str, str]]:
    """Return the channels on which anything was said, each as value and name of a choice."""
    named = (await connection.execute(select(ConversationRow.channel).distinct())).scalars()
    return [(name, name) for name in sorted(named)]


async def find_person(connection: AsyncConnection, person: Person) -> Found:
    """Say what there is of the person, and change nothing."""
    wholly = (await connection.execute(_wholly(person))).scalars().all()
    partly = (await connection.execute(_partly(person))).scalars().all() if person.sender else []
    partly = [one for one in partly if one not in wholly]
    said = _said(person, wholly, partly) & (TurnRow.state != State.ERASED)
    turns = (await connection.execute(select(func.count()).select_from(TurnRow).where(said))).scalar_one()
    return Found(wholly, partly, turns)


async def erase_person(connection: AsyncConnection, person: Person, by: str) -> Erasure:
    """Erase what there is and store a receipt. Runs inside the caller's transaction.

    Deliveries that come again are still known by their digests, so a late retry brings nothing back. Heads of unusable
    deliveries of the channel go, too: nobody can tell whose they are.
    """
    found = await find_person(connection, person)
    await let_go(connection, found.conversations)
    provenance = await trained_on(connection, found.conversations)
    removed = await _opinions(connection, person)
    touched = select(TurnRow.id).where(_touched(person, found))
    here = select(ConversationRow.id).where(ConversationRow.id.in_(found.conversations))
    for table, count in (
        await erase_turns(connection, _said(person, found.wholly, found.partly), touched, here)
    ).items():
        removed[table] = removed.get(table, 0) + count
    heads = update(RejectRow).where(RejectRow.channel == person.channel, RejectRow.head != b"").values(head=b"")
    removed["rejects"] = (await connection.execute(heads)).rowcount
    await _rename(connection, found.wholly, by)
    kept = {table: count for table, count in removed.items() if count}
    return await _receipt(connection, person, by, kept, len(found.conversations), provenance)


def _wholly(person: Person) -> Select[int]:
    """Conversations that are the person's as a whole: in the chat that was named, or private ones they wrote in."""
    row = ConversationRow
    wrote = select(TurnRow.conversation_id).where(TurnRow.sender == person.sender)
    theirs = and_(row.private, row.id.in_(wrote)) if person.sender else false()
    in_chat = row.chat == person.chat if person.chat else false()
    return select(row.id).where(row.channel == person.channel, or_(in_chat, theirs)).order_by(row.id)


def _partly(person: Person) -> Select[int]:
    row = ConversationRow
    wrote = select(TurnRow.conversation_id).where(TurnRow.sender == person.sender)
    return select(row.id).where(row.channel == person.channel, ~row.private, row.id.in_(wrote)).order_by(row.id)


def _said(person: Person, wholly: Sequence[int], partly: Sequence[int]) -> ColumnElement[bool]:
    """What they wrote, and the replies to it."""
    asked = aliased(TurnRow)
    answers = select(asked.reply_id).where(
        asked.conversation_id.in_(partly), asked.sender == person.sender, asked.reply_id.is_not(None)
    )
    some = TurnRow.conversation_id.in_(partly) & ((TurnRow.sender == person.sender) | TurnRow.id.in_(answers))
    return or_(TurnRow.conversation_id.in_(wholly), some)


def _touched(person: Person, found: Found) -> ColumnElement[bool]:
    """In a group, every turn since their first: what a model was asked later repeats what was said before."""
    earlier = aliased(TurnRow)
    first = select(func.min(earlier.seq)).where(
        earlier.conversation_id == TurnRow.conversation_id, earlier.sender == person.sender
    )
    since = TurnRow.conversation_id.in_(found.partly) & (TurnRow.seq >= first.scalar_subquery())
    return or_(TurnRow.conversation_id.in_(found.wholly), since)


async def _opinions(connection: AsyncConnection, person: Person) -> dict[str, int]:
    """Remove what they think of replies, also of replies to others."""
    if not person.sender:
        return {}
    here = ConversationRow.channel == person.channel
    on_channel = select(TurnRow.id).join(ConversationRow, ConversationRow.id == TurnRow.conversation_id).where(here)
    mine = delete(FeedbackRow).where(FeedbackRow.sender == person.sender, FeedbackRow.turn_id.in_(on_channel))
    return {"feedback": (await connection.execute(mine)).rowcount}


async def _rename(connection: AsyncConnection, conversations: Sequence[int], by: str) -> None:
    """Let go of who they were: a private chat is called as the person is. Whoever writes again begins anew."""
    row = ConversationRow
    for conversation in conversations:
        await close_alerts(connection, conversation, by)
        renamed = update(row).where(row.id == conversation, row.private).values(chat=f"erased-{conversation}")
        await connection.execute(renamed)
    back = update(row).where(row.id.in_(conversations)).values(**GIVEN_BACK, context_from=row.next_seq)
    await connection.execute(back)


async def _receipt(
    connection: AsyncConnection,
    person: Person,
    by: str,
    removed: Mapping[str, int],
    conversations: int,
    provenance: Provenance,
) -> Erasure:
    row = {
        "at": db_now(),
        "by": by,
        "channel": person.channel,
        "removed": json.dumps(removed),
        "conversations": conversations,
        "sources": json.dumps(provenance.sources),
        "models": json.dumps({"trained": provenance.models, "unseen": provenance.unseen}),
    }
    number = (await connection.execute(insert(ErasureRow).values(**row).returning(ErasureRow.id))).scalar_one()
    return Erasure(number, removed, conversations, provenance)


async def find_erasure(connection: AsyncConnection, number: int) -> Erasure | None:
    """Return a receipt, `None` where there is none of this number."""
    row = (await connection.execute(select(ErasureRow.__table__).where(ErasureRow.id == number))).first()
    if row is None:
        return None
    models = json.loads(row.models)
    provenance = Provenance(tuple(json.loads(row.sources)), tuple(models["trained"]), tuple(models["unseen"]))
    return Erasure(row.id, json.loads(row.removed), row.conversations, provenance)
