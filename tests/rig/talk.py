"""An inbox and a transcript in memory that keep the promises of the store, for faces that show a conversation."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.errors import StoreDown
from bot.messages import Acceptance, Address, Event, Kind, Message, Opinion, Speaker, State, Thumb, Turn


@dataclass
class Talk:
    """Commits once, numbers the turns of each conversation, and is away while `down`."""

    down: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    accepted: list[Message] = field(default_factory=list)
    arrivals: int = 0
    opinions: list[Opinion] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)
    _turns: defaultdict[Address, list[Turn]] = field(default_factory=lambda: defaultdict(list))
    _names: set[tuple[str, ...]] = field(default_factory=set)

    async def accept(self, event: Event) -> Acceptance:
        self.arrivals += 1
        await asyncio.sleep(0)
        self._check()
        if isinstance(event, Opinion):
            return self._judge(event)
        assert isinstance(event, Message)
        names = {("delivery", event.key), ("message", event.address.chat, event.platform_id)}
        if names & self._names:
            return Acceptance(fresh=False)
        self._names |= names
        self.accepted.append(event)
        turn = self._add(event.address, Speaker.USER, event.text, event.kind, event.command, event.platform_id)
        return Acceptance(fresh=True, conversation=1, seq=turn.seq)

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        self._check()
        self.rejects.append(reason)

    def heard(self, channel: str, within: float) -> None:
        raise AssertionError("nobody listens here")

    async def since(self, address: Address, seq: int) -> Sequence[Turn]:
        await asyncio.sleep(0)
        self._check()
        return [turn for turn in self._turns[address] if turn.seq > seq and turn.state is not State.ERASED]

    async def latest(self, address: Address, count: int) -> Sequence[Turn]:
        return (await self.since(address, 0))[-count:]

    def say(self, address: Address, text: str, speaker: Speaker = Speaker.BOT, judged: Thumb | None = None) -> Turn:
        """Let the bot (or anybody) say something that is delivered at once; `judged` where a model wrote it."""
        turn = replace(self._add(address, speaker, text), judged=judged)
        self._turns[address][-1] = turn
        return turn

    def erase(self, address: Address) -> None:
        """As `/forget` does it: what was said is gone, what happened stays."""
        self._turns[address] = [
            replace(turn, text="", platform_id="", state=State.OPEN if turn.command == "forget" else State.ERASED)
            for turn in self._turns[address]
        ]

    @property
    def address(self) -> Address:
        """The conversation of the last message."""
        return self.accepted[-1].address

    def texts(self) -> list[str]:
        return [message.text for message in self.accepted]

    def _judge(self, opinion: Opinion) -> Acceptance:
        self.opinions.append(opinion)
        turns = self._turns[opinion.address]
        if opinion.seq <= len(turns) and turns[opinion.seq - 1].judged is not None:
            turns[opinion.seq - 1] = replace(turns[opinion.seq - 1], judged=opinion.thumb)
        return Acceptance(fresh=False)

    def _check(self) -> None:
        if self.down:
            raise StoreDown("the test says so")

    def _add(
        self,
        address: Address,
        speaker: Speaker,
        text: str,
        kind: Kind = Kind.TEXT,
        command: str = "",
        platform_id: str = "",
    ) -> Turn:
        turns = self._turns[address]
        seq = len(turns) + 1
        turns.append(Turn(seq, seq, speaker, text, self.clock(), kind, command, platform_id=platform_id))
        return turns[-1]
