"""Models that come and go while the bot answers: nobody is left without an answer, none is closed while it writes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.errors import ModelRefused, StoreDown
from bot.messages import Address
from bot.rollout import fleet as fleet_module
from bot.rollout import seats as seats_module
from bot.rollout.fleet import Fleet
from bot.versions import Stage, Version
from nlg.contract import Draft, Finish, OnChunk, Prompt, Unreachable, Writer

SOMEBODY = Address("web", "local", "1")
PROMPT = Prompt("1", (), 10)


class Model:
    """A writer that is ready, and finishes, when the test says so."""

    def __init__(self, name: str, trouble: str = "") -> None:
        self.name, self.trouble = name, trouble
        self.finish = asyncio.Event()
        self.finish.set()
        self.closed = False
        self.stopped: list[str] = []

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        if self.closed:
            raise Unreachable("closed")
        await self.finish.wait()
        return Draft(prompt.id, self.name, 0.0, self.name, Finish.END)

    async def stop(self, prompt_id: str) -> None:
        self.stopped.append(prompt_id)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Table:
    """The table of versions, the writers that were opened, and those that load or cannot be opened."""

    rows: list[Version] = field(default_factory=list)
    opened: list[Model] = field(default_factory=list)
    loading: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    down: bool = False

    async def read(self) -> list[Version]:
        if self.down:
            raise StoreDown("the test says so")
        return self.rows

    async def open(self, version: Version) -> Writer:
        if version.name in self.broken:
            raise ModelRefused("damaged")
        model = Model(version.name, "loads" if version.name in self.loading else "")
        self.opened.append(model)
        return model

    def put(self, **stages: Stage) -> None:
        rows = {version.name: version for version in self.rows}
        for name, stage in stages.items():
            share = 0.98 if stage is Stage.CANARY else 0.0
            rows[name] = replace(rows.get(name, Version(name)), stage=stage, share=share)
        self.rows = list(rows.values())

    def model(self, name: str) -> Model:
        return next(model for model in reversed(self.opened) if model.name == name)


@pytest.fixture
def table() -> Table:
    table = Table()
    table.put(old=Stage.PRODUCTION, new=Stage.CANDIDATE)
    return table


@pytest.fixture
async def fleet(table: Table, monkeypatch):
    monkeypatch.setattr(fleet_module, "LOOK", 0.001)
    made = Fleet(table.read, table.open)
    await made.start()
    following = asyncio.create_task(made.follow())
    yield made
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await made.close()
    assert all(model.closed for model in table.opened)


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def said(fleet: Fleet, name: str) -> str:
    return (await (await fleet.writer(name)).write(PROMPT, lambda _: None)).text


async def test_a_promotion_takes_effect_without_a_restart_and_closes_who_was_there(fleet, table):
    assert await said(fleet, fleet.assign(SOMEBODY)) == "old"
    table.put(old=Stage.RETIRED, new=Stage.PRODUCTION)
    await until(lambda: fleet.assign(SOMEBODY) == "new")
    assert await said(fleet, "new") == "new"
    await until(lambda: table.model("old").closed)


async def test_while_the_promoted_model_loads_the_old_one_goes_on_answering(fleet, table):
    table.loading.add("new")
    table.put(old=Stage.RETIRED, new=Stage.PRODUCTION)
    await until(lambda: len(table.opened) == 2)
    await asyncio.sleep(0.02)
    assert fleet.assign(SOMEBODY) == "old"
    assert await said(fleet, "old") == "old"
    assert fleet.trouble == ""
    table.model("new").trouble = ""
    await until(lambda: fleet.assign(SOMEBODY) == "new")


async def test_a_promoted_model_that_cannot_be_opened_leaves_the_old_one_in_place(fleet, table, monkeypatch):
    monkeypatch.setattr(seats_module, "AGAIN", 0.01)
    table.broken.add("new")
    table.put(old=Stage.RETIRED, new=Stage.PRODUCTION)
    await asyncio.sleep(0.03)
    assert fleet.assign(SOMEBODY) == "old"
    table.broken.clear()
    await until(lambda: fleet.assign(SOMEBODY) == "new")


async def test_a_writer_is_closed_only_when_what_it_writes_is_written(fleet, table):
    table.model("old").finish.clear()
    writing = asyncio.create_task(said(fleet, "old"))
    await asyncio.sleep(0)
    table.put(old=Stage.RETIRED, new=Stage.PRODUCTION)
    await until(lambda: fleet.assign(SOMEBODY) == "new")
    await asyncio.sleep(0.01)
    assert not table.model("old").closed
    table.model("old").finish.set()
    assert await writing == "old"
    await until(lambda: table.model("old").closed)


async def test_a_canary_answers_its_share_once_it_is_ready_and_production_the_rest(fleet, table):
    table.loading.add("new")
    table.put(new=Stage.CANARY)
    await until(lambda: len(table.opened) == 2)
    people = [Address("web", "local", str(number)) for number in range(400)]
    assert {fleet.assign(person) for person in people} == {"old"}
    table.model("new").trouble = ""
    await until(lambda: fleet.assign(SOMEBODY) == "new")
    assert [fleet.assign(person) for person in people].count("new") == pytest.approx(392, abs=12)


async def test_a_broker_that_goes_away_for_a_while_does_not_move_people_to_another_version(fleet, table):
    table.put(new=Stage.CANARY)
    await until(lambda: fleet.assign(SOMEBODY) == "new")
    table.model("new").trouble = "the broker cannot be reached"
    await asyncio.sleep(0.01)
    assert fleet.assign(SOMEBODY) == "new"


async def test_shadows_are_lent_and_answer_nobody(fleet, table):
    table.put(new=Stage.SHADOW)
    await until(lambda: [name for name, _ in fleet.shadows()] == ["new"])
    assert fleet.assign(SOMEBODY) == "old"
    table.put(new=Stage.CANDIDATE)
    await until(lambda: fleet.shadows() == [])


async def test_a_candidate_is_opened_when_somebody_asks_for_it_and_closed_when_nobody_does(fleet, table, monkeypatch):
    assert fleet.assign(SOMEBODY, "new") == "new"
    assert await said(fleet, "new") == "new"
    await asyncio.sleep(0.01)
    assert not table.model("new").closed
    monkeypatch.setattr(fleet_module, "IDLE", 0.0)
    await until(lambda: table.model("new").closed)


async def test_two_who_ask_at_once_get_one_writer(fleet, table):
    first, second = await asyncio.gather(fleet.writer("new"), fleet.writer("new"))
    assert first is second
    assert len(table.opened) == 2


async def test_what_is_retired_or_unknown_is_not_asked(fleet, table):
    table.put(new=Stage.RETIRED)
    await until(lambda: fleet.assign(SOMEBODY, "new") == "old")
    assert fleet.assign(SOMEBODY, "nobody") == "old"
    for name in ("new", "nobody"):
        with pytest.raises(Unreachable, match="no version"):
            await fleet.writer(name)


async def test_a_candidate_that_cannot_be_opened_is_unreachable_and_says_why(fleet, table):
    table.broken.add("new")
    with pytest.raises(Unreachable, match="damaged"):
        await fleet.writer("new")


async def test_while_the_database_is_away_all_goes_on_as_it_was(fleet, table):
    table.down = True
    await asyncio.sleep(0.01)
    assert await said(fleet, fleet.assign(SOMEBODY)) == "old"
    table.down = False
    table.put(old=Stage.RETIRED, new=Stage.PRODUCTION)
    await until(lambda: fleet.assign(SOMEBODY) == "new")


async def test_a_stop_reaches_whoever_writes(fleet, table):
    table.put(new=Stage.CANARY)
    await until(lambda: len(table.opened) == 2)
    await fleet.stop("7")
    assert [model.stopped for model in table.opened] == [["7"], ["7"]]


async def test_a_bot_does_not_start_without_a_model_in_production(table):
    table.broken.add("old")
    with pytest.raises(ModelRefused, match="damaged"):
        await Fleet(table.read, table.open).start()
    table.put(old=Stage.CANDIDATE)
    with pytest.raises(ModelRefused, match="palaver models"):
        await Fleet(table.read, table.open).start()


async def test_candidates_that_the_settings_name_are_open_from_the_start(table):
    fleet = Fleet(table.read, table.open, {"new"})
    await fleet.start()
    assert [model.name for model in table.opened] == ["old", "new"]
    await fleet.close()
