"""Versions, what they were asked, what shadows said, and the evidence against a canary, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import insert, select, text, update

from bot.errors import RolloutError
from bot.messages import Address, Effect, Message, Opinion, Receipt, Reply, Thumb, Writing
from bot.rollout.watching import Watch
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from bot.store.leasing import Claim
from bot.store.rollout.evidence import SETTLE, Evidence, Mishap, Period, compared, counted
from bot.store.rollout.figures import Clusters, live
from bot.store.rollout.shadows import Shadows
from bot.store.rollout.versions import AUTOMATIC, SETTINGS, Change, Stages, Staging, Versions
from bot.store.tables import ConversationRow
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.rollout import AskingRow, StagingRow
from bot.store.tables.staff import AuditRow
from bot.versions import Stage, Version
from tests.unit.store.conftest import Store

ANN = Change("ann", "a try")
PRESSES = count()
WRITING = Writing("new@1", -0.5, "end", 10, 5, 1.0, 2.0, 3.0)


async def stages(database: Database) -> dict[str, tuple[Stage, float]]:
    return {version.name: (version.stage, version.share) for version in await Versions(database).all()}


@pytest.fixture
async def versions(database: Database) -> Versions:
    made = Versions(database)
    await made.register([Version("old", folder="models/old"), Version("new")])
    return made


async def test_the_first_version_of_the_settings_goes_into_production_and_others_wait(database, versions):
    assert await stages(database) == {"old": (Stage.PRODUCTION, 0), "new": (Stage.CANDIDATE, 0)}


async def test_a_restart_changes_no_stage_but_knows_what_was_measured_anew(database, versions):
    await Stages(database).move("new", Stage.PRODUCTION, 0.0, ANN)
    measured = Version("old", checkpoint="old@2", figures={"parameters": 5}, folder="models/elsewhere")
    await versions.register([measured, Version("new")])
    assert await stages(database) == {"old": (Stage.RETIRED, 0), "new": (Stage.PRODUCTION, 0)}
    found = {version.name: version for version in await versions.all()}["old"]
    assert (found.checkpoint, found.figures, found.folder) == ("old@2", {"parameters": 5}, "models/elsewhere")


async def test_processes_that_start_together_register_a_version_once(database):
    both = [Versions(database).register([Version("old"), Version("new")]) for _ in range(4)]
    await asyncio.gather(*both)
    assert len(await stages(database)) == 2
    assert [line.change.by for line in await Stages(database).history()] == [SETTINGS, SETTINGS]


async def test_two_versions_cannot_bear_one_name(versions):
    with pytest.raises(RolloutError, match="another name"):
        await versions.add(Version("new"), ANN)


async def test_a_promotion_and_a_roll_back_leave_their_history(database, versions):
    moves = Stages(database)
    await moves.move("new", Stage.CANARY, 0.05, ANN)
    await moves.move("new", Stage.PRODUCTION, 0.0, ANN)
    assert await stages(database) == {"old": (Stage.RETIRED, 0), "new": (Stage.PRODUCTION, 0)}
    await moves.roll_back("new", Change("bob"))
    assert await stages(database) == {"old": (Stage.PRODUCTION, 0), "new": (Stage.CANDIDATE, 0)}
    lines = [(line.version, line.was, line.now, line.change.by) for line in await moves.history(5)]
    assert lines == [
        ("old", Stage.RETIRED, Stage.PRODUCTION, "bob"),
        ("new", Stage.PRODUCTION, Stage.CANDIDATE, "bob"),
        ("new", Stage.CANARY, Stage.PRODUCTION, "ann"),
        ("old", Stage.PRODUCTION, Stage.RETIRED, "ann"),
        ("new", Stage.CANDIDATE, Stage.CANARY, "ann"),
    ]


async def test_what_is_refused_changes_nothing(database, versions):
    before = await stages(database)
    for share in (0.0, 1.0):
        with pytest.raises(RolloutError, match="share"):
            await Stages(database).move("new", Stage.CANARY, share, ANN)
    assert await stages(database) == before
    assert len(await Stages(database).history()) == 2


async def test_two_who_promote_at_once_leave_one_in_production(database, versions):
    await versions.add(Version("newer"), ANN)
    moves = [Stages(database).move(name, Stage.PRODUCTION, 0.0, ANN) for name in ("new", "newer")]
    await asyncio.gather(*moves)
    found = await stages(database)
    assert sorted(stage for stage, _ in found.values()) == [Stage.PRODUCTION, Stage.RETIRED, Stage.RETIRED]


async def claimed(store: Store) -> Claim:
    """Claim what is open, without waiting for the rest of a burst."""
    async with store.database.begin() as connection:
        await connection.execute(update(ConversationRow).where(ConversationRow.due_at > 0).values(due_at=0))
    claim = await store.leases.claim()
    assert claim is not None
    return claim


async def answered(store: Store, version: str, chat: str = "1", key: str = "1", by: str = "generative") -> int:
    """Let somebody say something, and a version answer it; return the reply's turn."""
    address = Address("web", "x", chat)
    await store.acceptor.accept(Message(address, f"{chat}:{key}", "hello", "ann", f"{chat}:{key}"))
    claim = await claimed(store)
    _, waiting = await store.answers.waiting(claim)
    turn = await store.answers.answer(claim, waiting, Reply("hi", by, version=version), ["hi"])
    intent = await store.outbox.intend(claim)
    assert intent is not None
    await store.outbox.sent(claim, intent, Receipt(f"{chat}:{key}:reply"))
    await store.leases.release(claim)
    assert turn is not None
    return turn


async def askings(database: Database) -> list[tuple[str, bool]]:
    async with database.read() as connection:
        rows = await connection.execute(select(AskingRow.version, AskingRow.failed).order_by(AskingRow.turn_id))
        return [tuple(row) for row in rows]


async def test_a_reply_is_kept_with_the_version_that_was_asked_and_whether_its_words_were_sent(store):
    for chat, responder in enumerate(("generative", "neutral", "fallback")):
        await answered(store, "new", chat=str(chat), by=responder)
    await answered(store, "", chat="9", by="scripted")
    assert await askings(store.database) == [("new", False), ("new", True), ("new", True)]


async def test_a_shadow_stands_beside_its_reply_until_the_conversation_is_erased(store):
    turn = await answered(store, "old")
    shadows = Shadows(store.database)
    assert await shadows.keep(1, turn, "new", Reply("from the shadow", "generative", draft="d", writing=WRITING))
    [found] = await shadows.beside([turn])
    assert (found.version, found.text, found.draft, found.writing) == ("new", "from the shadow", "d", WRITING)
    async with store.database.begin() as connection:
        await erase_conversation(connection, 1)
    assert await shadows.beside([turn]) == []
    assert not await shadows.keep(1, turn, "new", Reply("late words", "generative"))
    assert await shadows.beside([turn]) == []
    assert await askings(store.database) == [("old", False)]


async def test_a_shadow_that_comes_while_a_conversation_is_erased_leaves_nothing(store):
    shadows = Shadows(store.database)
    for round_ in range(8):
        chat = str(round_)
        turn = await answered(store, "old", chat=chat)
        async with store.database.read() as connection:
            conversation = (await connection.execute(text("SELECT max(id) FROM conversations"))).scalar_one()

        async def erase(which: int = conversation) -> None:
            async with store.database.begin() as connection:
                await erase_conversation(connection, which)

        await asyncio.gather(erase(), shadows.keep(conversation, turn, "new", Reply("words", "generative")))
        assert await shadows.beside([turn]) == []


async def test_a_reply_that_forgets_takes_the_shadows_along(store):
    turn = await answered(store, "old")
    await Shadows(store.database).keep(1, turn, "new", Reply("words", "generative"))
    await store.acceptor.accept(Message(Address("web", "x", "1"), "k2", "/forget", "ann", "m2"))
    claim = await claimed(store)
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, Reply("forgotten", "scripted", effect=Effect.FORGET), ["forgotten"])
    assert await Shadows(store.database).beside([turn]) == []


def line(version: str, now: Stage, at: float, share: float = 0.0) -> Staging:
    return Staging(version, None, now, share, Change("x"), at)


BEGUN = [line("old", Stage.PRODUCTION, 1), line("new", Stage.CANARY, 100, 0.05)]


@pytest.mark.parametrize(
    ("more", "periods"),
    [
        ([], [(100, 0.05)]),
        ([line("new", Stage.CANARY, 200, 0.2)], [(100, 0.05), (200, 0.2)]),
        ([line("third", Stage.CANARY, 200, 0.45)], [(100, 0.05), (200, 0.05 / 0.55)]),
        ([line("third", Stage.CANARY, 200, 0.45), line("third", Stage.RETIRED, 300)],
         [(100, 0.05), (200, 0.05 / 0.55), (300, 0.05)]),
        ([line("newer", Stage.PRODUCTION, 200)], [(200, 0.05)]),
        ([line("new", Stage.CANDIDATE, 200), line("new", Stage.CANARY, 300, 0.1)], [(300, 0.1)]),
        ([line("new", Stage.CANDIDATE, 200)], []),
    ],
    ids=["begins", "grows", "another", "another ends", "production changes", "once more", "over"],
)  # fmt: skip
def test_a_canary_is_compared_since_both_are_where_they_are(more: Sequence[Staging], periods):
    found = compared([*BEGUN, *more], "new")
    assert [period.begin for period in found] == [begin for begin, _ in periods]
    assert [period.share for period in found] == pytest.approx([share for _, share in periods])


def test_mishaps_count_in_their_period_and_not_while_a_change_goes_round():
    periods = [Period(100, 0.05), Period(200, 0.2)]
    times = [99, 101, 100 + SETTLE, 150, 199, 201, 200 + SETTLE, 1000]
    mishaps = [Mishap("new", at) for at in times] + [Mishap("old", 300)]
    assert counted(periods, mishaps, "new") == [(0.05, 3, 0), (0.2, 2, 1)]


async def begin_canary(database: Database) -> None:
    """Make `new` a canary, long enough ago that everybody has heard of it."""
    await Stages(database).move("new", Stage.CANARY, 0.1, ANN)
    async with database.begin() as connection:
        await connection.execute(update(StagingRow).values(at=StagingRow.at - 1000))


async def test_only_the_first_mishap_of_a_conversation_counts(store, versions):
    await begin_canary(store.database)
    await answered(store, "old", chat="1")
    for key in ("1", "2", "3"):
        await answered(store, "new", chat="2", key=key, by="fallback")
    await answered(store, "old", chat="3", by="neutral")
    await answered(store, "other", chat="4", by="fallback")
    [period] = await Evidence(store.database).periods("new")
    found = await Evidence(store.database).mishaps("new", "old", period.begin)
    assert sorted(mishap.version for mishap in found["fallback"]) == ["new", "old"]
    assert await Evidence(store.database).mishaps("new", "old", period.begin + 5000) == {"fallback": [], "thumbs": []}


async def test_a_canary_that_fails_is_taken_back_once_with_a_note_and_a_count(store, versions):
    await begin_canary(store.database)
    told: list[tuple[str, str]] = []
    watches = [Watch(store.database, 0.01, lambda *what: told.append(what)) for _ in range(3)]
    for number in range(3):
        await answered(store, "new", chat=str(number), by="fallback")
    await watches[0].look()
    assert (await stages(store.database))["new"] == (Stage.CANARY, 0.1)
    for number in range(3, 9):
        await answered(store, "new", chat=str(number), by="fallback")
    await asyncio.gather(*(watch.look() for watch in watches))
    assert await stages(store.database) == {"old": (Stage.PRODUCTION, 0), "new": (Stage.CANDIDATE, 0)}
    assert told == [("new", "fallback")]
    newest, *_ = await Stages(store.database).history()
    assert (newest.change.by, newest.change.detail["canary"], newest.change.detail["production"]) == (AUTOMATIC, 9, 0)
    async with store.database.read() as connection:
        rows = (await connection.execute(select(AuditRow).where(AuditRow.action == "model.taken_back"))).all()
    assert [(row.subject, json.loads(row.detail)["measure"]) for row in rows] == [("version new", "fallback")]


async def test_a_canary_that_was_promoted_meanwhile_is_not_taken_back(store, versions):
    await begin_canary(store.database)
    for number in range(9):
        await answered(store, "new", chat=str(number), by="fallback")
    watch = Watch(store.database, 0.01, lambda *what: pytest.fail("told"))
    canary = next(version for version in await versions.all() if version.name == "new")
    await Stages(store.database).move("new", Stage.PRODUCTION, 0.0, ANN)
    async with store.database.begin() as connection:  # as if the look had begun before
        await connection.execute(
            insert(StagingRow).values(version="new", was="", now="canary", share=0.1, by="x", why="", detail="{}", at=0)
        )
    await watch._judge(canary, replace(canary, name="old"))
    assert (await stages(store.database))["new"] == (Stage.PRODUCTION, 0)


async def test_live_figures_count_replies_by_conversation(store, versions):
    for number, by in enumerate(("generative", "generative", "fallback")):
        turn = await answered(store, "new", chat=str(number // 2), key=str(number), by=by)
        if number:
            await dislike(store.database, turn)
    async with store.database.read() as connection:
        found = await live(connection, "new")
        nobody = await live(connection, "nobody")
    assert found.fallbacks == Clusters(2, 3, 1, 5, 1, 1)
    assert found.dislikes == Clusters(2, 2, 2, 2, 2, 2)
    assert (nobody.fallbacks.n, nobody.median) == (0, None)


async def dislike(database: Database, turn: int) -> None:
    async with database.begin() as connection:
        row = {"turn_id": turn, "sender": "ann", "thumb": Thumb.DOWN, "at": 1.0, "changed_at": 1.0}
        await connection.execute(insert(FeedbackRow).values(**row))


async def test_thumbs_down_take_a_canary_back_too(store, versions):
    await begin_canary(store.database)
    for number in range(9):
        await dislike(store.database, await answered(store, "new", chat=str(number)))
    told: list[tuple[str, str]] = []
    await Watch(store.database, 0.01, lambda *what: told.append(what)).look()
    assert told == [("new", "thumbs")]


async def test_thumbs_that_come_long_after_a_reply_count_until_they_are_taken_back(store, versions):
    await begin_canary(store.database)
    told: list[tuple[str, str]] = []
    watch = Watch(store.database, 0.01, lambda *what: told.append(what))
    for chat in map(str, range(9)):
        await say_and_write(store, chat, "first")
        await say_and_write(store, chat, "second")  # the person goes on, and judges the earlier reply afterwards
    await watch.look()
    assert told == []
    for chat in map(str, range(9)):
        await judge(store, chat, Thumb.DOWN)
    for chat in map(str, range(9)):
        await judge(store, chat, Thumb.NONE)
    await watch.look()
    assert told == []
    for chat in map(str, range(9)):
        await judge(store, chat, Thumb.DOWN)
    await watch.look()
    assert told == [("new", "thumbs")]
    assert (await stages(store.database))["new"] == (Stage.CANDIDATE, 0)


async def say_and_write(store: Store, chat: str, key: str) -> None:
    """Let somebody say something, and the model of `new` answer in its own words."""
    await store.acceptor.accept(Message(Address("web", "x", chat), f"{chat}:{key}", "hello", "ann", f"{chat}:{key}"))
    claim = await claimed(store)
    _, waiting = await store.answers.waiting(claim)
    reply = Reply("hi", "generative", draft="hi", writing=WRITING, version="new")
    await store.answers.answer(claim, waiting, reply, ["hi"])
    intent = await store.outbox.intend(claim)
    assert intent is not None
    await store.outbox.sent(claim, intent, Receipt(f"{chat}:{key}:reply"))
    await store.leases.release(claim)


async def judge(store: Store, chat: str, thumb: Thumb) -> None:
    """Judge the first reply of a chat, as a connector tells it."""
    opinion = Opinion(Address("web", "x", chat), f"{chat}:{next(PRESSES)}", "ann", thumb, seq=2)
    await store.acceptor.accept(opinion)
