"""The interfaces, three methods or fewer each. Standard library only.

Connectors and responders are plugins behind these; the store and the writers are what the manager works with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from bot.messages import (
    Acceptance,
    Address,
    Entry,
    Event,
    Lane,
    Part,
    Question,
    Receipt,
    Reply,
    Sign,
    Taste,
    TextLimit,
    Turn,
)

ASGIApp: TypeAlias = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


class Inbox(Protocol):
    """Where connectors put what they receive."""

    async def accept(self, event: Event) -> Acceptance:
        """Return once the event is committed: only then acknowledge it to the platform.

        Raises `StoreDown` when it could not be stored; then the platform must not get an acknowledgement.
        """
        ...

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        """Keep a delivery that is authentic but cannot be used. Raises `StoreDown`."""
        ...

    def heard(self, channel: str, within: float) -> None:
        """Say that the channel is receiving, and promise to say so again within that many seconds."""
        ...


class Transcript(Protocol):
    """Reads what was said, for faces that show it themselves."""

    async def since(self, address: Address, seq: int) -> Sequence[Turn]:
        """Return the first delivered turns after `seq`, oldest first. Raises `StoreDown`."""
        ...

    async def latest(self, address: Address, count: int) -> Sequence[Turn]:
        """Return the last so many delivered turns, oldest first. Raises `StoreDown`."""
        ...


class Connector(Protocol):
    """One chat platform. The module `connectors.<name>` offers `connector(asked: bool) -> Connector | None`.

    `None` means that its settings do not ask for it; with `asked` (named by the user) missing settings raise
    `SettingsError` instead.
    """

    @property
    def name(self) -> str:
        """The name of its module, used as `Address.channel`."""
        ...

    @property
    def limit(self) -> TextLimit: ...

    @property
    def listens(self) -> bool:
        """Whether `receive` keeps telling the inbox that it hears the platform, so that silence means trouble."""
        ...

    async def receive(self, inbox: Inbox) -> None:
        """Take deliveries until cancelled; a lost connection is taken up again, never raised.

        Raises `SettingsError` when the platform refuses our credentials at the start. Connectors that are reached
        over HTTP only wait here.
        """
        ...

    async def send(self, part: Part) -> Receipt:
        """Send once, with no retry of the library. Raises one of `DeliveryError`'s kinds and nothing else."""
        ...

    async def show(self, address: Address, sign: Sign) -> None:
        """Show a sign of life as far as the platform allows. Never raises; may do nothing."""
        ...


class Vault(Protocol):
    """Keeps secrets, encrypted. Its methods raise `StoreDown`, and `SettingsError` where the owner has set no key."""

    async def put(self, name: str, text: str) -> None:
        """Keep a secret in the place of an older one of this name."""
        ...

    async def get(self, name: str) -> str | None: ...

    async def drop(self, name: str) -> bool:
        """Forget a secret; return whether it was there."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A connector that is given secrets while it works, and keeps them."""

    def keep_in(self, vault: Vault) -> None:
        """Take the vault, before anything else is asked of the connector."""
        ...


@runtime_checkable
class Growing(Protocol):
    """A connector whose messages can be shown before they are whole."""

    async def grow(self, part: Part) -> Receipt:
        """Show the text so far: as a new message, or in the one that `part.live` names. Return that message's id.

        `send` with this id finishes it; an empty one says that nothing is left to be finished. Raises `DeliveryError`.
        """
        ...


@runtime_checkable
class Limited(Protocol):
    """A connector whose platform limits how fast may be written."""

    def lanes(self, part: Part, growing: bool) -> Sequence[Lane]:
        """Return what a `send` of the part counts in, or with `growing` a `grow`, the narrowest lane first."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A connector that holds connections open for sending."""

    async def close(self) -> None:
        """Let go of them, after the last part was sent."""
        ...


@runtime_checkable
class HttpEndpoints(Protocol):
    """A connector that is (also) reached over HTTP."""

    def endpoints(self, inbox: Inbox, transcript: Transcript) -> Mapping[str, ASGIApp]:
        """Return ASGI apps by path (`/telegram/webhook`). Bodies are already bounded when they arrive."""
        ...


class Author(Protocol):
    """Writes for conversations that somebody else leads: another assistant asks, and says what we write."""

    async def write(self, question: Question, show: Callable[[str], None], taste: Taste) -> Reply:
        """Return a reply, at worst the fallback sentence: raises nothing. `show` takes the text so far.

        A model that is not known leaves its trace in the reply's reason. Where the conversation's language
        is empty, that of the words counts. Cancelling the call stops the model.
        """
        ...

    def phrase(
        self,
        name: str,
        language: str = "",
        words: str = "",
        reason: str = "",
        address: Address = ...,
        persona: str = "",
    ) -> Reply:
        """Return one of our fixed sentences at once, in the language given, else in that of the words.

        It is said as the persona of that name, else as that of the address.
        """
        ...


class Models(Protocol):
    """Which version of a model answers whom."""

    def assign(self, address: Address, wish: str = "") -> str:
        """Return the name of the version that answers there: the one wished for, if it can be asked."""
        ...

    async def stop(self, question: str) -> None:
        """Stop the writing of a reply to the question of this id, whoever writes it."""
        ...

    def shadow(self, question: Question, turn: int) -> None:
        """Let versions that nobody hears answer the question, too, beside the reply `turn`. Returns at once."""
        ...


class Records(Protocol):
    """Keeps conversations that somebody else leads, so that they can be read and corrected like our own."""

    async def keep(self, address: Address, said: Sequence[Entry], language: str = "") -> int:
        """Store in this order what was not stored before; return how many messages of the person were among it.

        Raises `StoreDown`.
        """
        ...

    async def forget(self, address: Address, said: Sequence[Entry]) -> None:
        """Erase the conversation; what is in `said` will not be taken for new later. Raises `StoreDown`."""
        ...

    async def hand_over(self, address: Address) -> None:
        """Say that a person answers there from now on. Raises `StoreDown`."""
        ...


@runtime_checkable
class LedEndpoints(Protocol):
    """A connector whose conversations somebody else leads, and who asks over HTTP."""

    def led_endpoints(self, author: Author, records: Records) -> Mapping[str, ASGIApp]:
        """Return ASGI apps by path, as `HttpEndpoints` does."""
        ...


@runtime_checkable
class SelfBounded(Protocol):
    """An ASGI app that bounds its bodies itself: it knows who asks before it reads them."""

    body_limit: int
    """Bytes."""


class Responder(Protocol):
    """One way of answering. The first that does not return `None` wins."""

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:
        """Return the reply or `None`. `show` takes the text so far and returns at once.

        Whatever it raises is logged, and the next responder is asked.
        """
        ...
