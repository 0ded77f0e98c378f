"""Reads what Rasa tells of a conversation: its tracker, as it stands in requests for actions and for texts. Pure.

A tracker holds the whole history. It is parsed once; of its events only the newest are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bot.messages import Address, Entry, Kind, Speaker, Turn
from bot.untrusted import Unusable

CHANNEL = "rasa"
EVENTS = 400
"""The newest events that are looked at."""
TURNS = 60
"""The newest things said among them that are used."""
LONGEST = 8000
"""Characters of one text that are kept."""
LONGEST_NAME = 200
BEGINNING = datetime.fromtimestamp(0, UTC)
AFRESH = ("restart", "session_started")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `said` is the newest part of the history, for the records; `turns` what a model may still see of it.

    `turn` names the person's last message, and `nth` counts what was said to it so far: together they name an answer.
    """

    sender: str
    said: tuple[Entry, ...] = ()
    turns: tuple[Turn, ...] = ()
    turn: str = "start"
    nth: int = 0
    slots: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    response: str = ""
    variation: str | None = None
    channel: str = ""
    language: str = ""

    def address(self, assistant: str) -> Address:
        return Address(CHANNEL, assistant, self.sender)

    @property
    def values(self) -> dict[str, Any]:
        """What fills a template: slots, and before them the arguments of the call."""
        return {**self.slots, **self.arguments}

    def name_of(self, what: str, text: str) -> tuple[str, ...]:
        """Return the names of an answer: one for the asking, so that asking again is harmless, one for its words."""
        return f"{what}:{self.turn}:{self.nth}", words_of(self.turn, text)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object. Raises `Unusable` whose text holds nothing of it."""
    try:
        value = json.loads(body)
    except RecursionError:
        raise Unusable("nested too deeply") from None
    except ValueError:
        raise Unusable("not JSON") from None
    return _object(value, "the body")


def read_nlg(body: bytes, language_slot: str = "lang") -> Asked:
    """Read a request for a text. Raises `Unusable`."""
    request = read_json(body)
    response = request.get("response")
    if not isinstance(response, str) or not response:
        raise Unusable("the response is not named")
    asked = read_tracker(request.get("tracker"), language_slot)
    variation, channel = request.get("id"), request.get("channel")
    name = channel.get("name") if isinstance(channel, dict) else None
    return replace(
        asked,
        response=clean(response)[:LONGEST_NAME],
        variation=variation if isinstance(variation, str) else None,
        arguments=_object(request.get("arguments") or {}, "arguments"),
        channel=name if isinstance(name, str) else "",
    )


def read_tracker(tracker: object, language_slot: str = "lang") -> Asked:
    """Read a tracker. Raises `Unusable`."""
    tracker = _object(tracker, "the tracker")
    sender = tracker.get("sender_id")
    if not isinstance(sender, str) or not sender:
        raise Unusable("the tracker has no sender_id")
    slots = _object(tracker.get("slots") or {}, "slots")
    events = tracker.get("events") or []
    if not isinstance(events, list):
        raise Unusable("events is no list")
    history = History(_named(sender))
    for event in events[-EVENTS:]:
        history.take(event)
    language = _language(slots.get(language_slot)) or _language(_metadata(tracker).get("language"))
    return history.asked(slots, language)


def newest(tracker: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tracker with its newest events only: what `read_tracker` would look at."""
    events = tracker.get("events")
    return {
        "sender_id": tracker.get("sender_id"),
        "slots": tracker.get("slots"),
        "latest_message": {"metadata": _metadata(tracker)},
        "events": events[-EVENTS:] if isinstance(events, list) else [],
    }


class History:
    """Takes events in their order and remembers what was said, and what of it still counts."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._said: list[Entry] = []
        self._turns: list[Turn] = []
        self._turn, self._nth = "start", 0

    def take(self, event: object) -> None:
        """Take one event; what is no event is passed over."""
        if isinstance(event, dict):
            self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"event": "user", "text": str(text)} if text.strip():
                self._user(event, clean(text))
            case {"event": "bot", "text": str(text)} if text.strip():
                self._bot(event, clean(text))
            case {"event": str(name)} if name in AFRESH:
                self._turns.clear()
            case {"event": "rewind"}:
                self._rewind()

    def asked(self, slots: Mapping[str, Any], language: str) -> Asked:
        said, turns = tuple(self._said[-TURNS:]), tuple(self._turns[-TURNS:])
        return Asked(self._sender, said, turns, self._turn, self._nth, slots, language=language)

    def _user(self, event: Mapping[str, Any], text: str) -> None:
        message = event.get("message_id")
        self._turn = clean(message)[:LONGEST_NAME] if isinstance(message, str) and message else _moment(event)
        self._nth = 0
        # What a button sends is no language: `/affirm{"what": "refund"}`.
        kind = Kind.COMMAND if text.startswith("/") else Kind.TEXT
        self._said.append(Entry((f"user:{self._turn}",), Speaker.USER, text, kind, self._sender))
        self._add(Speaker.USER, text, kind)

    def _bot(self, event: Mapping[str, Any], text: str) -> None:
        names = (f"bot:{_moment(event)}", words_of(self._turn, text))
        self._said.append(Entry(names, Speaker.BOT, text))
        self._nth += 1
        self._add(Speaker.BOT, text, responder="fallback" if _fell_back(event) else "")

    def _add(self, speaker: Speaker, text: str, kind: Kind = Kind.TEXT, responder: str = "") -> None:
        number = len(self._said)
        self._turns.append(Turn(number, number, speaker, text, BEGINNING, kind, responder=responder))

    def _rewind(self) -> None:
        """Rasa takes back the person's last message and all that followed."""
        while self._turns and self._turns.pop().speaker is not Speaker.USER:
            pass


def clean(text: str) -> str:
    """Return the text as it can be stored: without NUL and lone surrogates, at most `LONGEST` characters."""
    return text[:LONGEST].replace("\x00", "").encode("utf-8", "ignore").decode()


def words_of(turn: str, text: str) -> str:
    """Name words said in answer to a message."""
    return f"words:{turn}:{sha256(text.strip().encode()).hexdigest()[:32]}"


def split_turns(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """Return what was said before the person's last messages, and those; what was said to them already is left out."""
    end = len(turns)
    while end and turns[end - 1].speaker is not Speaker.USER:
        end -= 1
    start = end
    while start and turns[start - 1].speaker is Speaker.USER:
        start -= 1
    return tuple(turns[:start]), tuple(turns[start:end])


def _named(sender: str) -> str:
    """Rasa's channels choose this name; one that is too long to be an address is replaced by its digest."""
    name = clean(sender)
    return (
        name if name == sender and len(name) <= LONGEST_NAME else sha256(sender.encode("utf-8", "replace")).hexdigest()
    )


def _moment(event: Mapping[str, Any]) -> str:
    """Rasa stamps each event with the microsecond; a tracker is read back with the same stamps."""
    return str(event.get("timestamp"))[:40]


def _fell_back(event: Mapping[str, Any]) -> bool:
    match event:
        case {"data": {"custom": {"fallback": str(reason)}}}:
            return bool(reason)
    return False


def _metadata(tracker: Mapping[str, Any]) -> Mapping[str, Any]:
    match tracker:
        case {"latest_message": {"metadata": dict(metadata)}}:
            return metadata
    return {}


def _language(value: object) -> str:
    start = value.strip().lower()[:2] if isinstance(value, str) else ""
    return start if start in ("en", "zh") else ""


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unusable(f"{what} is no object")
    return value
