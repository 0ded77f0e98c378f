from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.alerting import AlertSettings, Herald
from bot.delivery import Delivery, Unconfirmed
from bot.dispatcher import Dispatcher
from bot.errors import NotSent, SettingsError, StoreDown
from bot.handoff import HandoffSettings, Timer
from bot.manager import ConversationManager
from bot.messages import Address
from bot.precedence import Precedence
from bot.repeating import repeat
from bot.store.alerts import Alerts, Kind, raise_alert
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.handing import take
from bot.store.leasing import Leases
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.placing import place
from bot.testing import RecordingConnector

ANN = Address("telegram", "1", "7")


class Team:
    """The delivery machinery with one channel of the team."""

    def __init__(self, database: Database, settings: AlertSettings) -> None:
        self.database = database
        self.connector = RecordingConnector("slack")
        channels = {"slack": self.connector}
        leases = Leases(database, "one")
        delivery = Delivery(Outbox(database), channels, Unconfirmed.RESEND)
        manager = ConversationManager(leases, Answers(database), delivery, channels, [], self._stop)
        self.dispatcher = Dispatcher(leases, Ledger(database), manager.serve, Precedence())
        self.herald = Herald(
            Alerts(database), channels, settings, lambda path: f"https://x/admin/{path}", self.dispatcher.wake
        )

    async def _stop(self, question: str) -> None:
        raise AssertionError(question)

    async def happen(self, reason: str = "no responder", kind: Kind = Kind.HANDED_OVER, where: Address = ANN) -> int:
        async with self.database.begin() as connection:
            conversation, _ = await place(connection, where)
            await raise_alert(connection, conversation, kind, reason)
        return conversation

    async def told(self, count: int) -> list[str]:
        async with asyncio.timeout(15):
            while len(self.connector.sent) < count:
                await asyncio.sleep(0.02)
        return self.connector.texts()


@pytest.fixture
async def team(database: Database) -> AsyncIterator[Team]:
    made = Team(database, AlertSettings(to=("slack:C1",)))
    task = asyncio.create_task(made.dispatcher.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_team_reads_what_happened_and_where_to_answer(team: Team) -> None:
    conversation = await team.happen()
    await team.herald.look()
    await team.herald.look()
    assert await team.told(1) == [
        f"Somebody on telegram needs a person (no responder). https://x/admin/conversations/{conversation}"
    ]
    assert team.connector.sent[0].address == Address("slack", "", "C1")


async def test_what_the_teams_chat_does_not_take_is_sent_later(team: Team) -> None:
    team.connector.failures = [NotSent("away", after=0.1), NotSent("away", after=0.1)]
    await team.happen("attempts", Kind.HELD)
    await team.herald.look()
    (said,) = await team.told(1)
    assert "nobody knows whether it arrived (attempts)" in said


async def test_when_many_need_a_person_at_once_one_sentence_says_so(team: Team) -> None:
    for number in range(9):
        await team.happen("late" if number else "unreachable", where=Address("telegram", "1", str(number)))
    await team.herald.look()
    await team.herald.look()
    assert await team.told(1) == ["9 conversations need a person (late, unreachable). https://x/admin/waiting"]
    assert len(await Alerts(team.database).open()) == 9


async def test_several_places_are_told_each_in_the_chosen_language(database: Database) -> None:
    team = Team(database, AlertSettings(to=("slack:C1", "telegram:-100/5"), language="zh"))
    conversation = await team.happen()
    await team.herald.look()
    async with database.read() as connection:
        from sqlalchemy import text  # noqa: PLC0415

        query = "SELECT channel, account, chat, thread, text FROM parts JOIN conversations c ON c.id = conversation_id"
        found = sorted(tuple(row) for row in await connection.execute(text(query)))
    said = f"telegram 上有人需要人工（no responder）。 https://x/admin/conversations/{conversation}"
    assert found == [("slack", "", "C1", "", said), ("telegram", "", "-100", "5", said)]


async def test_without_a_place_alerts_stay_in_the_list_of_the_page(database: Database) -> None:
    team = Team(database, AlertSettings())
    await team.happen()
    await team.herald.look()
    assert len(await Alerts(database).open()) == 1
    assert len(await Alerts(database).untold(3600)) == 1


def test_a_place_on_a_channel_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"PALAVER_ALERTS_TO.*pigeon.*slack"):
        AlertSettings(to=("pigeon:loft",)).places()


def test_places_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_ALERTS_TO", '["slack:C0123", "slack@T1:C2", "telegram:-100/7", "webhook"]')
    assert AlertSettings.load().places() == [
        Address("slack", "", "C0123"),
        Address("slack", "T1", "C2"),
        Address("telegram", "", "-100", "7"),
        Address("webhook", "", ""),
    ]


async def test_the_timer_gives_back_says_so_and_wakes_the_dispatcher(database: Database) -> None:
    woken = []
    settings = HandoffSettings(human_minutes=1e-9, person_minutes=1)
    timer = Timer(
        database, settings.silence, lambda address, language: f"{address.channel} {language}", lambda: woken.append(1)
    )
    await timer.look()
    assert not woken
    async with database.begin() as connection:
        conversation, _ = await place(connection, ANN, "zh")
        await take(connection, conversation, "ann")
    await timer.look()
    assert woken
    async with database.read() as connection:
        from sqlalchemy import text  # noqa: PLC0415

        (said,) = (await connection.execute(text("SELECT text FROM parts"))).scalars()
    assert said == f"{ANN.channel} zh"


async def test_work_that_is_repeated_survives_whatever_it_meets() -> None:
    outcomes = [StoreDown("away"), ValueError("odd"), None]
    done: list[object] = []

    async def work() -> None:
        outcome = outcomes[len(done) % 3]
        done.append(outcome)
        if outcome is not None:
            raise outcome

    task = asyncio.create_task(repeat("testing", 0.001, work))
    async with asyncio.timeout(5):
        while len(done) < 4:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
