from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from bot.messages import Address, Edit, Effect, Message, Opinion, Receipt, Reply, Thumb, Writing
from bot.store.alerts import Alerts
from bot.store.database import Database
from bot.store.datasets import Content, keep_sources, version_of
from bot.store.handing import take, write
from bot.store.persons import Person, erase_person, find_erasure, find_person, person_of
from bot.store.provenance import LEARNT
from bot.store.revisions import metadata
from bot.store.tables.rollout import VersionRow
from tests.rig.admin_seeds import sow_all

CANARY = "canary-7f3a"
ANN = Address("telegram", "1", "1001")
GROUP = Address("telegram", "1", "-55")
ABOUT_THE_TEAM = {
    "admin_attempts", "admin_devices", "admin_invitations", "admin_sessions", "admin_users", "admin_views", "audit",
    "datasets", "erasures", "retention", "stagings", "versions",
}  # fmt: skip
"""Tables whose texts are the team's own, or names of models."""
WRITTEN = {"prompts.lines", "shadows.text", "reviews.note", "reviews.correction", "comparisons.first_text"}
NAMES = {
    "alerts": {"reason"},
    "askings": {"version"},
    "comparisons": {"first_model", "second_model", "salt"},
    "conversations": {"account", "thread", "language", "owner", "taken_by"},
    "days": {"channel", "version"},
    "hours": {"channel", "version"},
    "judgements": {"role"},
    "rejects": {"channel", "reason", "sha256"},
    "reviews": {"role"},
    "turns": {"command", "reason", "responder", "ends"},
}
"""Columns that hold no words of people, and not who they are."""


async def find_canary(database: Database) -> set[str]:
    """Return the columns, as `table.column`, in which the canary stands."""
    found = set()
    async with database.read() as connection:
        for table in metadata().sorted_tables:
            if table.name in ABOUT_THE_TEAM:
                continue
            for row in (await connection.execute(table.select())).mappings():
                holding = (name for name, value in row.items() if CANARY in _text(value))
                found |= {f"{table.name}.{name}" for name in holding if name not in NAMES.get(table.name, ())}
    return found


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


async def erase(database: Database, person: Person) -> Any:
    async with database.begin() as connection:
        return await erase_person(connection, person, "ann")


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


def message(number: int, words: str, address: Address = ANN, sender: str = "1001") -> Message:
    private = not address.chat.startswith("-")
    return Message(address, f"u{number}", words, sender, str(number), order=float(number), private=private)


async def answered(store: Any, words: str, said: Message) -> Any:
    """Let a model answer a message, and send it; return the part."""
    await store.acceptor.accept(said)
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    reply = Reply(words, "generative", draft=words, writing=Writing("shop@1", -1.0, "end"))
    await store.answers.answer(claim, waiting, reply, [words])
    intent = await store.outbox.intend(claim)
    await store.outbox.sent(claim, intent, Receipt(f"p{intent.id}"))
    await store.leases.release(claim)
    return intent.part


async def test_no_table_keeps_a_word_of_a_whole_chat_that_is_erased(database: Database) -> None:
    """Every table of every room is filled; those of rooms to come join by their rows in tests/rig/admin_seeds."""
    await sow_all(database, CANARY)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET private = true"))
        await connection.execute(text("UPDATE rejects SET channel = 'web'"))
    assert {"turns.text", "turns.draft", "conversations.chat", *WRITTEN} <= await find_canary(database)
    for channel in ("web", "telegram"):
        await erase(database, Person(channel, chat=CANARY))
    assert await find_canary(database) == set()


async def test_a_person_is_found_in_private_chats_as_a_whole_and_in_groups_by_what_they_said(store: Any) -> None:
    await answered(store, "hi", message(1, "mine"))
    await answered(store, "hello all", message(2, "in the group", GROUP))
    await answered(store, "hello bo", message(3, "somebody else", GROUP, sender="1002"))
    async with store.database.read() as connection:
        found = await find_person(connection, Person("telegram", "1001"))
        assert (len(found.wholly), len(found.partly), found.turns) == (1, 1, 4)
        assert (await find_person(connection, Person("slack", "1001"))).turns == 0
        assert (await find_person(connection, Person("telegram", "1003"))).turns == 0


async def test_in_a_group_only_their_words_and_the_replies_to_them_go(store: Any) -> None:
    await answered(store, f"you said {CANARY}", message(1, CANARY, GROUP))
    await answered(store, "hello bo", message(2, "I am bo", GROUP, sender="1002"))
    await erase(store.database, Person("telegram", "1001"))
    assert await rows(store.database, "SELECT text, sender, state FROM turns ORDER BY id") == [
        ("", "", "erased"),
        ("", "", "erased"),
        ("I am bo", "1002", "answered"),
        ("hello bo", "", "answered"),
    ]
    assert await find_canary(store.database) == set()
    assert await rows(store.database, "SELECT chat FROM conversations") == [("-55",)]


async def test_what_a_model_was_asked_for_others_later_in_a_group_goes_too_for_it_repeats_the_words(
    store: Any,
) -> None:
    await answered(store, "first", message(1, "before", GROUP, sender="1002"))
    await answered(store, "hi", message(2, CANARY, GROUP))
    await answered(store, "second", message(3, "after", GROUP, sender="1002"))
    prompts = "INSERT INTO prompts (turn_id, language, lines, decoding, odds) SELECT id, 'en', seq, '{}', '[]' "
    async with store.database.begin() as connection:
        await connection.execute(text(prompts + "FROM turns WHERE speaker = 'bot'"))
    await erase(store.database, Person("telegram", "1001"))
    assert await rows(store.database, "SELECT lines FROM prompts") == [("2",)]


async def test_a_late_retry_brings_nothing_back_and_an_edit_finds_nothing(store: Any) -> None:
    await answered(store, f"you said {CANARY}", message(1, CANARY))
    await erase(store.database, Person("telegram", "1001"))
    assert not (await store.acceptor.accept(message(1, CANARY))).fresh
    await store.acceptor.accept(Edit(ANN, "u9", "1", CANARY))
    assert await find_canary(store.database) == set()
    assert (await rows(store.database, "SELECT count(*) FROM conversations"))[0] == (1,)


async def test_whoever_comes_back_begins_anew(store: Any) -> None:
    await answered(store, "hi", message(1, CANARY))
    await erase(store.database, Person("telegram", "1001"))
    await store.acceptor.accept(message(2, "hello again"))
    assert await rows(store.database, "SELECT chat FROM conversations ORDER BY id") == [("erased-1",), ("1001",)]
    claim = await store.claim_now()
    conversation, _ = await store.answers.waiting(claim)
    assert conversation.turns == ()


async def test_a_reply_that_is_being_written_meanwhile_is_neither_stored_nor_sent(store: Any) -> None:
    from bot.errors import Fenced  # noqa: PLC0415

    await store.acceptor.accept(message(1, CANARY))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    await erase(store.database, Person("telegram", "1001"))
    with pytest.raises(Fenced):
        await store.answers.answer(claim, waiting, Reply(CANARY, "generative"), [CANARY])
    assert await find_canary(store.database) == set()
    assert (await store.ledger.balance()).open == 0


async def test_opinions_words_of_the_team_alerts_and_unusable_deliveries_go_along(store: Any) -> None:
    part = await answered(store, "hi", message(1, "mine"))
    other = await answered(store, "hi bo", message(2, "theirs", GROUP, sender="1002"))
    for number, (address, key) in enumerate(((ANN, part.send_key), (GROUP, other.send_key))):
        await store.acceptor.accept(Opinion(address, f"o{number}", "1001", Thumb.UP, key))
    await store.acceptor.reject("telegram", CANARY.encode(), "not JSON")
    async with store.database.begin() as connection:
        await take(connection, 1, "ann")
        await write(connection, 1, "ann", CANARY, [CANARY])
    erasure = await erase(store.database, Person("telegram", "1001"))
    assert (erasure.removed["feedback"], erasure.removed["rejects"], erasure.removed["turns"]) == (2, 1, 3)
    assert await find_canary(store.database) == set()
    assert await rows(store.database, "SELECT answering, taken_by FROM conversations WHERE id = 1") == [("bot", None)]
    assert await Alerts(store.database).open() == []


async def test_the_receipt_counts_and_names_nobody(store: Any) -> None:
    await answered(store, "hi", message(1, CANARY))
    erasure = await erase(store.database, Person("telegram", "1001"))
    assert erasure.removed == {"turns": 2, "parts": 1, "writings": 1}
    async with store.database.read() as connection:
        assert await find_erasure(connection, erasure.id) == erasure
        assert await find_erasure(connection, 99) is None
    kept = await rows(store.database, "SELECT * FROM erasures")
    assert "1001" not in repr(kept)


async def test_the_receipt_names_the_data_sets_and_the_models_that_learnt_from_them(store: Any, tmp_path: Path) -> None:
    await answered(store, "hi", message(1, CANARY))
    async with store.database.begin() as connection:
        version = await version_of(connection, Content("preferences", "ab" * 32, 1, "rules"))
        other = await version_of(connection, Content("preferences", "cd" * 32, 1, "rules"))
        await keep_sources(connection, version, [1])
        common = {"share": 0.0, "queue": "", "checkpoint": "", "figures": "{}", "replaced": "", "since": 0.0}
        for name, learnt in (("new", [version.name]), ("old", [other.name]), ("away", None)):
            folder = tmp_path / name
            if learnt is not None:
                folder.mkdir()
                (folder / LEARNT).write_text(json.dumps(learnt), "utf-8")
            row = {"name": name, "stage": "candidate", "folder": str(folder), "created_at": 0.0, **common}
            await connection.execute(insert(VersionRow).values(**row))
    made = (await erase(store.database, Person("telegram", "1001"))).provenance
    assert (made.sources, made.models, made.unseen) == ((version.name,), ("new",), ("away",))


async def test_whose_a_private_conversation_is_can_be_asked_for_and_a_group_is_nobodys(store: Any) -> None:
    await answered(store, "hi", message(1, "mine"))
    await answered(store, "hi", message(2, "ours", GROUP))
    async with store.database.read() as connection:
        assert await person_of(connection, 1) == Person("telegram", "1001")
        assert await person_of(connection, 2) is None
        assert await person_of(connection, 99) is None


def holding(store: Any) -> list[Path]:
    """Return the files of an embedded database in which the canary stands."""
    if not store.database.embedded:
        pytest.skip("PostgreSQL sweeps by itself")
    files = [Path(f"{store.database.engine.url.database}{end}") for end in ("", "-wal")]
    return [file for file in files if file.exists() and CANARY.encode() in file.read_bytes()]


async def test_nothing_of_it_stays_in_the_file_of_an_embedded_database(store: Any) -> None:
    for number in range(1, 6):
        await answered(store, f"{CANARY} {number} " * 50, message(number, f"{CANARY} {number}"))
    assert holding(store)
    await erase(store.database, Person("telegram", "1001"))
    assert await store.database.scrub()
    assert holding(store) == []


async def test_of_whoever_asks_to_be_forgotten_nothing_stays_in_the_file_either(store: Any) -> None:
    await answered(store, f"you said {CANARY}", message(1, CANARY))
    await store.acceptor.accept(message(2, "/forget"))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    assert holding(store)
    await store.answers.answer(claim, waiting, Reply("Erased.", "scripted", effect=Effect.FORGET), ["Erased."])
    assert holding(store) == []


async def test_whoever_reads_for_long_is_not_waited_for_and_it_is_said(store: Any) -> None:
    await answered(store, CANARY, message(1, CANARY))
    assert holding(store)
    async with store.database.read() as connection:
        await connection.execute(text("SELECT count(*) FROM turns"))
        await erase(store.database, Person("telegram", "1001"))
        assert not await store.database.scrub()
    assert await store.database.scrub()
    assert holding(store) == []
