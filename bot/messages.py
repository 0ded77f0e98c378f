"""The nouns. Who reads this file and `interfaces.py` can read the rest. Standard library only, every value frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reply goes. Private chats, groups, threads and workspaces never share one.

    `account` is the bot's own identity on the platform (Telegram bot id, Slack team id), `chat` the platform's id of
    the chat, `thread` the topic or thread within it, empty where there is none.
    """

    channel: str
    account: str
    chat: str
    thread: str = ""


class Kind(StrEnum):
    """What a message is made of."""

    TEXT = "text"
    COMMAND = "command"
    MEDIA = "media"
    """Something without text that we can read: a voice note, a photo, a sticker, a file."""


@dataclass(frozen=True, slots=True)
class Message:
    """One inbound message meant for the bot.

    `key` names this delivery, `platform_id` the message itself: a second arrival of either is harmless. `order` sorts
    the messages of one conversation as they were written (it is compared as a number). `settle` is how many seconds
    the platform may need to deliver an earlier message late. `command` and `argument` are set for `Kind.COMMAND`
    (`help`, without the slash). `sender` is the platform's id of the person.
    """

    address: Address
    key: str
    text: str
    sender: str
    platform_id: str = ""
    kind: Kind = Kind.TEXT
    command: str = ""
    argument: str = ""
    order: float = 0.0
    settle: float = 0.0
    private: bool = True
    language: str = ""
    """What the platform says of the person's language (BCP 47), empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A person changed a message: the transcript follows, nothing is answered again."""

    address: Address
    key: str
    platform_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A person deleted a message: the transcript keeps that it was there, not what it said."""

    address: Address
    key: str
    platform_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """A chat got a new id (a Telegram group became a supergroup): its conversations, threads included, go along."""

    key: str
    old: Address
    new: Address


class Thumb(StrEnum):
    """What somebody thinks of a reply."""

    UP = "up"
    DOWN = "down"
    NONE = ""
    """Nothing, or nothing any more."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person thinks of a reply of ours; the last one counts.

    The reply is named by the `send_key` of one of its parts, or by its number in the conversation.
    """

    address: Address
    key: str
    sender: str
    thumb: Thumb
    send_key: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Halt:
    """A person pressed a stop button: the reply that is being written there ends with what it has."""

    address: Address
    key: str


@dataclass(frozen=True, slots=True)
class Departure:
    """A chat is closed to us, with all its threads: its person blocked the bot, or we were thrown out.

    `back` says that it is open again.
    """

    address: Address
    key: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery that is not for us. `reason` names the rule in one or two words; it is counted, its text not kept."""

    channel: str
    account: str
    key: str
    reason: str


Event: TypeAlias = Message | Edit | Removal | Move | Halt | Departure | Opinion | Ignored
"""What a connector makes of one delivery of its platform."""


class Speaker(StrEnum):
    """Who said a turn."""

    USER = "user"
    BOT = "bot"
    HUMAN = "human"
    """One of the team, writing in the bot's place."""


class State(StrEnum):
    """Where an accepted message stands. Each ends in exactly one of the states after `REPLYING`, with a reason."""

    OPEN = "open"
    REPLYING = "replying"
    """The reply is stored and on its way."""
    ANSWERED = "answered"
    ANSWERED_UNSURE = "answered_unsure"
    """Sent, but the platform's answer was lost: the person has probably seen it."""
    HANDED_OVER = "handed_over"
    IGNORED = "ignored"
    SHED = "shed"
    UNDELIVERABLE = "undeliverable"
    ERASED = "erased"

    @property
    def ended(self) -> bool:
        return self not in (State.OPEN, State.REPLYING)


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, as it is stored. `at` is when it was accepted, in UTC."""

    id: int
    seq: int
    speaker: Speaker
    text: str
    at: datetime
    kind: Kind = Kind.TEXT
    command: str = ""
    argument: str = ""
    sender: str = ""
    platform_id: str = ""
    responder: str = ""
    """For a reply: which responder gave it."""
    draft: str = ""
    """For a reply of a model: its text as the model wrote it, before the owner's facts were filled in."""
    state: State = State.OPEN
    edited: bool = False
    removed: bool = False
    judged: Thumb | None = None
    """For a reply that the reader may judge: what they think of it."""


class Answering(StrEnum):
    """Who answers a conversation."""

    BOT = "bot"
    HUMAN = "human"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Conversation:
    """The recent turns at an address, oldest first, and who answers there. `language` is `en` or `zh`."""

    id: int
    address: Address
    turns: tuple[Turn, ...] = ()
    language: str = "en"
    answering: Answering = Answering.BOT
    private: bool = True
    live: str = ""
    """The platform's id of a message that shows the beginning of a reply which was never finished."""
    summary: str = ""
    """What was said before these turns, in short, where that is kept."""


class Effect(StrEnum):
    """What a reply does besides being said; done in the same transaction that stores it."""

    NONE = "none"
    RESET = "reset"
    """The model no longer sees what was said before."""
    FORGET = "forget"
    """The person's words in this conversation are erased."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What exactly a model was asked: who said what, oldest first, and by which settings it chose its words."""

    lines: tuple[tuple[str, str], ...]
    language: str = ""
    decoding: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Writing:
    """How a model wrote a reply; kept with the turn. Times in milliseconds.

    `odds` are the pieces of the draft, each with the log-probability of its tokens.
    """

    model: str
    score: float
    finish: str
    prompt_tokens: int = 0
    reply_tokens: int = 0
    queued: float = 0.0
    first: float = 0.0
    total: float = 0.0
    asked: Asked | None = None
    odds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What will be said. `ends` is the state of the answered messages once the reply was delivered."""

    text: str
    responder: str
    reason: str = ""
    ends: State = State.ANSWERED
    effect: Effect = Effect.NONE
    draft: str = ""
    """What the model wrote, before the owner's facts were filled in."""
    writing: Writing | None = None
    version: str = ""
    """Which version of a model was asked, also where its words are not what is said; empty where none was."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a reply, small enough for its platform.

    `send_key` is the same for every attempt, so that platforms which know idempotency keys see no duplicate.
    `repeat` says that an earlier attempt may have been seen already. `reply_to` is the platform's id of the message
    that is answered, empty where quoting it would be noise. `asks` says that the person may be asked what they think
    of the reply, which ends with this part.
    """

    address: Address
    text: str
    send_key: str
    number: int = 0
    reply_to: str = ""
    repeat: bool = False
    asks: bool = False
    live: str = ""
    """The platform's id of a message that shows a beginning of this part: it is finished, no other one is posted."""
    reader: str = ""
    """The platform's id of the person who is answered, where it is known."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took a part and calls it `platform_id`."""

    platform_id: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life while a reply is being written: its text so far, or nothing yet (shown as typing)."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class TextLimit:
    """The longest text a platform takes in one piece: `size` units of `encoding` (`utf-16` code units or `chars`)."""

    size: int
    encoding: str = "chars"

    def length(self, text: str) -> int:
        return len(text.encode("utf-16-le")) // 2 if self.encoding == "utf-16" else len(text)


@dataclass(frozen=True, slots=True)
class Lane:
    """What a platform counts together: at most `most` messages within any `seconds`. The name is unique everywhere."""

    name: str
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of an event: `fresh` is false for a second delivery and for what is not answered.

    `fence` is that of whoever works on the conversation now, if anybody does. In `wait` seconds an answer is due:
    earlier messages may still be on their way.
    """

    fresh: bool
    conversation: int = 0
    seq: int = 0
    fence: int = 0
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """What a responder is asked: the conversation so far and the messages, oldest first, that wait for one answer."""

    conversation: Conversation
    messages: tuple[Turn, ...]
    id: str
    """Names this question to the model, so that its writing can be stopped."""
    seconds: float = 30.0
    """How long the answer may take."""
    attempts: int = 1
    """How often these messages have been tried, this time included."""
    reason: str = ""
    """Why the responders asked before did not answer."""
    version: str = ""
    """Which version of a model answers here, by its name."""
    persona: str = ""
    """Who should answer, by name; empty leaves it to the address."""


@dataclass(frozen=True, slots=True)
class Taste:
    """How a reply should be written: by which version of a model, in how many tokens at most, and as whom.

    Empty leaves it to whoever answers there, 0 to the settings.
    """

    model: str = ""
    most_tokens: int = 0
    persona: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said in a conversation that somebody else leads, to be kept here.

    `names` name it: whatever bears one of them is the same thing, however often it is told. `reply` is set for what one
    of our responders wrote.
    """

    names: tuple[str, ...]
    speaker: Speaker
    text: str
    kind: Kind = Kind.TEXT
    sender: str = ""
    reply: Reply | None = None
