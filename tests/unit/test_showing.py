"""One stream of chunks on whichever face a conversation has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot import showing as module
from bot.errors import NotSent, Refused, Unsure
from bot.flood import GovernedConnector, Governor
from bot.messages import Address, Lane, Part, Receipt
from bot.showing import Showing
from bot.store.database import Database
from bot.store.lanes import Lanes
from bot.testing import RecordingConnector

HERE = Address("memory", "1", "7")
PART = Part(HERE, "", "key")


@dataclass
class GrowingConnector(RecordingConnector):
    """A platform whose messages grow, with one lane a chat."""

    lane: Lane = field(default_factory=lambda: Lane("memory:7", 1, 0.05))
    grown: list[Part] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)

    async def grow(self, part: Part) -> Receipt:
        if self.trouble:
            raise self.trouble.pop(0)
        self.grown.append(part)
        return Receipt(part.live or "77")

    def lanes(self, part: Part, growing: bool) -> list[Lane]:
        return [self.lane]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 0.02)
    monkeypatch.setattr(module, "CADENCE", 0.02)


@pytest.fixture
async def governor(database: Database) -> Governor:
    return Governor(Lanes(database))


def governed(connector: GrowingConnector, governor: Governor) -> GovernedConnector:
    return GovernedConnector(connector, connector, governor)


async def write(connector: Any, words: int = 20) -> list[str | None]:
    """Let a model write; return the ids of messages that were kept."""
    kept: list[str | None] = []

    async def note(live: str | None) -> None:
        kept.append(live)

    async with Showing(connector, PART, note) as showing:
        for number in range(1, words + 1):
            showing.show(" ".join(["word"] * number))
            await asyncio.sleep(0.02)
    return kept


async def test_a_message_grows_and_its_id_is_kept_once(governor: Governor) -> None:
    memory = GrowingConnector()
    assert await write(governed(memory, governor)) == [None, "77"]
    assert len(memory.grown) > 1
    assert [part.live for part in memory.grown[:2]] == ["", "77"]
    lengths = [len(part.text) for part in memory.grown]
    assert lengths == sorted(lengths)


async def test_a_quick_answer_is_never_shown_before_it_is_whole(governor: Governor, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "FIRST", 5.0)
    memory = GrowingConnector()
    assert await write(governed(memory, governor), words=3) == []
    assert memory.grown == []


async def test_a_lane_that_is_full_lets_no_growth_through(governor: Governor) -> None:
    memory = GrowingConnector(lane=Lane("memory:7", 1, 60.0))
    await write(governed(memory, governor))
    assert len(memory.grown) == 1


async def test_a_face_that_fails_is_left_alone_and_costs_nothing(governor: Governor) -> None:
    memory = GrowingConnector(trouble=[Refused("no"), Refused("no")])
    assert await write(governed(memory, governor)) == [None, ""]
    assert memory.grown == []
    assert len(memory.trouble) == 1


async def test_a_beginning_whose_fate_is_unknown_stays_noted_as_such(governor: Governor) -> None:
    assert await write(governed(GrowingConnector(trouble=[Unsure("no answer")]), governor)) == [None]


async def test_a_face_that_leaves_nothing_to_finish_is_noted_once(governor: Governor) -> None:
    class Drafts(GrowingConnector):
        async def grow(self, part: Part) -> Receipt:
            self.grown.append(part)
            return Receipt("")

    memory = Drafts()
    assert await write(governed(memory, governor)) == [None, ""]
    assert len(memory.grown) > 1


async def test_a_beginning_that_is_on_its_way_at_the_end_is_waited_for(governor: Governor) -> None:
    class Slow(GrowingConnector):
        async def grow(self, part: Part) -> Receipt:
            await asyncio.sleep(0.3)
            return await super().grow(part)

    assert await write(governed(Slow(), governor), words=3) == [None, "77"]


async def test_a_pause_that_the_platform_asks_for_holds_up_what_follows(governor: Governor) -> None:
    memory = GrowingConnector(trouble=[NotSent("slowly", 30.0)])
    connector = governed(memory, governor)
    await write(connector)
    with pytest.raises(NotSent) as told:
        await connector.send(PART)
    assert told.value.after is not None
    assert told.value.after > 20.0


async def test_parts_wait_for_their_turn(governor: Governor) -> None:
    memory = GrowingConnector(lane=Lane("memory:7", 1, 0.3))
    connector = governed(memory, governor)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await connector.send(PART)
    assert asyncio.get_running_loop().time() - began > 0.6
    assert len(memory.sent) == 3


async def test_a_platform_without_limits_is_passed_on_to(governor: Governor) -> None:
    memory = RecordingConnector()
    connector = GovernedConnector(memory, memory, governor)
    assert connector.face is None
    await connector.send(PART)
    await write(connector, words=15)
    assert len(memory.sent) == 1
    assert memory.shown
