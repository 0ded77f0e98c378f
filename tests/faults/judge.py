"""Decides from a history what was lost, said twice, or out of order. Knows nothing of how the bot works inside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.faults.history import History, Kept, Seen, Sent

OPEN = ("open", "replying")
MODEL = "generative"


@dataclass(frozen=True, slots=True)
class Findings:
    """Counts, and the names behind them for whoever must find out why. `recoveries` and `waits` in seconds."""

    written: int
    pending: int
    by_model: int
    lost: tuple[str, ...]
    duplicates: tuple[str, ...]
    unflagged: tuple[str, ...]
    disorder: tuple[str, ...]
    twice_stored: tuple[str, ...]
    open: tuple[str, ...]
    recoveries: tuple[float, ...]
    waits: tuple[float, ...]


def judge(history: History, faults: Iterable[float] = ()) -> Findings:
    """Return the findings. `faults` are the moments, in seconds since 1970, when something was broken."""
    places = _places(history)
    duplicates, unflagged = _duplicates(history)
    rows = Counter(kept.name for kept in history.kept)
    return Findings(
        written=len(history.sayings),
        pending=history.pending,
        by_model=sum(kept.responder == MODEL for kept in history.kept),
        lost=tuple(saying.name for saying in history.sayings if saying.name not in places),
        duplicates=duplicates,
        unflagged=unflagged,
        disorder=tuple(_disorder(history, places)),
        twice_stored=tuple(name for name, count in rows.items() if count > 1),
        open=tuple(kept.name for kept in history.kept if kept.state in OPEN),
        recoveries=tuple(_recoveries(history, places, sorted(faults))),
        waits=tuple(places[kept.name].at - kept.at for kept in history.kept if kept.name in places),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message's answer was first seen: the how-manieth of its chat, and where in that text it is named."""

    number: int
    within: int
    at: float


def _places(history: History) -> dict[str, Place]:
    """Find each answer by its words: they name the messages. Fixed sentences are found by their receipt."""
    seen = _by_chat(history.seen)
    receipts = {(sent.reply, sent.platform_id) for sent in history.sent if sent.platform_id}
    found: dict[str, Place] = {}
    for kept in history.kept:
        for number, message in enumerate(seen[kept.chat]):
            words = message.text.split()
            fixed = kept.responder != MODEL and (kept.reply, message.id) in receipts
            if kept.name in words or fixed:
                within = words.index(kept.name) if kept.name in words else 0
                found.setdefault(kept.name, Place(number, within, message.at))
                break
    return found


def _duplicates(history: History) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A text seen in a chat more often than the outbox holds it was said twice; a part of it must be flagged.

    So was a message named by two different answers of the model. A text that the outbox does not hold is a beginning
    whose writer died: what was then said instead must be flagged.
    """
    outbox: defaultdict[tuple[str, str], list[Sent]] = defaultdict(list)
    for sent in history.sent:
        outbox[sent.chat, sent.text].append(sent)
    duplicates, unflagged = [], []
    for (chat, text), count in Counter((seen.chat, seen.text) for seen in history.seen).items():
        parts = outbox[chat, text] or _said_instead(history.sent, chat, text)
        extra = [f"{chat}: {text[:40]}"] * (count - len(outbox[chat, text]))
        duplicates += extra
        unflagged += extra if not any(part.flagged for part in parts) else []
    again = list(_answered_again(history))
    return (*duplicates, *again), (*unflagged, *again)


def _said_instead(sent: Iterable[Sent], chat: str, beginning: str) -> list[Sent]:
    names = set(beginning.split())
    return [part for part in sent if part.chat == chat and names & set(part.text.split())]


def _answered_again(history: History) -> Iterable[str]:
    held = {(sent.chat, sent.text) for sent in history.sent}
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for seen in history.seen:
        for word in set(seen.text.split()) if (seen.chat, seen.text) in held else ():
            texts[word].add(seen.text)
    # After a fixed sentence the model still sees the question before it, so its next answer may name it.
    mine = (kept for kept in history.kept if kept.responder == MODEL)
    return (kept.name for kept in mine if len(texts[kept.name]) > 1)


def _disorder(history: History, places: dict[str, Place]) -> Iterable[str]:
    chats: defaultdict[int, list[str]] = defaultdict(list)
    for saying in history.sayings:
        if saying.name in places:
            chats[saying.chat].append(saying.name)
    for names in chats.values():
        for before, after in pairwise(names):
            if (places[before].number, places[before].within) > (places[after].number, places[after].within):
                yield f"{after} before {before}"


def _recoveries(history: History, places: dict[str, Place], faults: Sequence[float]) -> Iterable[float]:
    """How long a chat in which something was open at a fault waited for its next answer, from its last such fault."""
    seen = _by_chat(history.seen)
    last: dict[tuple[str, float], float] = {}
    for fault in faults:
        for chat in _waiting_at(history.kept, places, fault):
            progress = next((message.at for message in seen[chat] if message.at > fault), None)
            if progress is not None:
                last[chat, progress] = progress - fault
    return last.values()


def _waiting_at(kept: Iterable[Kept], places: dict[str, Place], moment: float) -> set[str]:
    return {
        turn.chat for turn in kept if turn.at <= moment and (turn.name not in places or places[turn.name].at > moment)
    }


def _by_chat(seen: Iterable[Seen]) -> defaultdict[str, list[Seen]]:
    chats: defaultdict[str, list[Seen]] = defaultdict(list)
    for message in seen:
        chats[message.chat].append(message)
    return chats
