"""Data sets: their rows, their versions, their forms, and what a model learns of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot import exporting
from bot.cells import STARTS
from bot.cli import build
from bot.errors import SettingsError
from bot.exporting import Dataset, Order, check_form, make_dataset
from bot.exports import preferences
from bot.messages import Address, Asked, Writing
from bot.redaction import redactor
from bot.reviews import Choice, Review, Verdict
from bot.store import exporting as reading
from bot.store.database import Database
from bot.store.datasets import Content, Version, versions
from bot.store.exporting import Selection
from bot.store.recording import Recorder
from bot.store.reviewing.comparing import find_pair, judge, keep_pair
from bot.store.reviewing.writing import find_reply, save_review
from bot.store.writing import keep_writings
from nlg.data import reading as nlg_reading
from nlg.data.examples import examples
from tests.rig.reviewing import MODEL, Exchange, converse, person

RULES, PLAIN = redactor("rules"), redactor("none")
TALK = [
    Exchange("My name is Ana Torres, where is it?", "Look at http://x/1, Ana.", "Look at {{tracking_page}}."),
    Exchange("it says nothing", "Sorry, I did not get that.", responder="fallback"),
    Exchange("call me: +44 20 7946 0018", "We will."),
]


async def correct(database: Database, turn: int, correction: str, name: str = "Ada", **more: Any) -> None:
    reviewer = await person(database, name)
    async with database.begin() as connection:
        reply = await find_reply(connection, turn)
        assert reply is not None
        await save_review(connection, reply, reviewer, Review(Verdict.BAD, correction=correction, **more))


async def exported(database: Database, kind: str, form: str = "jsonl", way: Any = RULES, **wanted: Any) -> bytes:
    async with make_dataset(database, Order(kind, way, Selection(**wanted))) as made:
        return b"".join(made.chunks(form))


async def rows(database: Database, kind: str, way: Any = RULES, **wanted: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await exported(database, kind, "jsonl", way, **wanted)).splitlines()]


async def test_a_correction_is_a_preference_with_where_it_is_from(database: Database) -> None:
    conversation, [first, _, _] = await converse(database, "5", TALK)
    await correct(database, first, "It is at {{tracking_page}}, Ana. Ask again tomorrow.")
    [row] = await rows(database, "preferences")
    assert row["prompt"] == [{"role": "user", "content": "My name is [name], where is it?"}]
    assert row["rejected"] == [{"role": "assistant", "content": "Look at {{tracking_page}}."}], "the model's own words"
    assert row["chosen"] == [
        {"role": "assistant", "content": "It is at {{tracking_page}}, [name]. Ask again tomorrow."}
    ]
    source = row["source"]
    assert source.pop("time").endswith("Z")
    assert source == {
        "conversation": conversation,
        "turn": first,
        "channel": "telegram",
        "model": MODEL,
        "responder": "generative",
        "by": "correction",
        "reviewer": "reviewer",
    }
    assert (row["lang"], row["redaction"]) == ("en", "rules-1")
    assert row["dataset"].startswith("preferences-1-")
    assert "Ada" not in json.dumps(row), "reviewers are named by their role"
    assert "a person" not in json.dumps(row), "and people not at all"


async def test_what_the_model_was_asked_is_the_prompt_where_it_was_kept(database: Database) -> None:
    _, [first, *_] = await converse(database, "5", TALK)
    await correct(database, first, "Tomorrow.")
    lines = (("user", "Hi, I am Ana Torres."), ("assistant", "Hello!"), ("user", "where is it?"))
    kept = Writing(MODEL, -0.2, "end", asked=Asked(lines, "en"))
    async with database.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM writings")
        await keep_writings(connection, {first: kept})
    for kind in ("corrections", "preferences"):
        [row] = await rows(database, kind)
        assert [message["content"] for message in row["prompt"]] == ["Hi, I am [name].", "Hello!", "where is it?"]


async def test_the_same_content_is_the_same_version_and_other_content_the_next(database: Database) -> None:
    _, [first, _, last] = await converse(database, "5", TALK)
    await correct(database, first, "Tomorrow.")
    names = [(await rows(database, "corrections"))[0]["dataset"] for _ in range(2)]
    await correct(database, last, "We will call.", "Bo")
    names.append((await rows(database, "corrections"))[0]["dataset"])
    names.append((await rows(database, "preferences"))[0]["dataset"])
    assert names[0] == names[1]
    assert [name.rsplit("-", 1)[0] for name in names] == [
        "corrections-1",
        "corrections-1",
        "corrections-2",
        "preferences-1",
    ]
    async with database.read() as connection:
        assert len(await versions(connection)) == 3


async def test_a_fixed_sentence_that_was_corrected_teaches_a_reply_and_no_preference(database: Database) -> None:
    _, [_, fallback, _] = await converse(database, "5", TALK)
    await correct(database, fallback, "Then it was sent today.")
    assert await rows(database, "preferences") == []
    [row] = await rows(database, "corrections")
    assert row["completion"] == [{"role": "assistant", "content": "Then it was sent today."}]
    assert [message["role"] for message in row["prompt"]] == ["user", "assistant", "user"]


async def test_of_two_models_replies_the_chosen_one_is_preferred(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [first, *_] = await converse(database, "5", TALK, "zh")
    async with database.begin() as connection:
        for choice, names in ((Choice.SECOND, "ab"), (Choice.TIE, "cd")):
            number = await keep_pair(connection, first, {names[0]: f"from {names[0]}", names[1]: f"from {names[1]}"})
            pair = await find_pair(connection, number, ada.id)
            assert pair is not None
            await judge(connection, pair, ada, choice)
    [row] = await rows(database, "preferences")
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("from b", "from a")
    assert (row["source"]["by"], row["source"]["model"], row["source"]["chosen_model"]) == ("comparison", "a", "b")
    assert row["lang"] == "zh"


async def test_training_reads_each_kind_as_it_comes(database: Database, tmp_path: Path) -> None:
    _, [first, *_] = await converse(database, "5", TALK)
    await correct(database, first, "Tomorrow.")
    for kind in exporting.kinds():
        path = tmp_path / f"{kind}.jsonl"
        path.write_bytes(await exported(database, kind))
        [example] = examples(nlg_reading.read(path))
        assert example.replies == ("Tomorrow.",)
        assert [line.text for line in example.lines] == ["My name is [name], where is it?"]
        assert example.worse == (() if kind == "corrections" else ("Look at {{tracking_page}}.",))


async def test_a_transcript_has_verdicts_and_no_addresses(database: Database) -> None:
    _, [first, *_] = await converse(database, "secret-chat", TALK)
    await correct(database, first, "Tomorrow.", tags=("tone",), note="Torres waits")
    [row] = await rows(database, "transcripts")
    assert (row["channel"], row["language"], len(row["turns"])) == ("telegram", "en", 6)
    reply = row["turns"][1]
    assert (reply["verdict"], reply["tags"], reply["note"]) == ("bad", ["tone"], "[name] waits")
    assert reply["draft"] == "Look at {{tracking_page}}."
    assert "secret-chat" not in json.dumps(row)
    assert row["turns"][4]["text"] == "call me: [telephone]"
    [whole] = await rows(database, "transcripts", PLAIN)
    assert whole["turns"][4]["text"] == "call me: +44 20 7946 0018"
    assert (row["redaction"], whole["redaction"]) == ("rules-1", "none")


async def test_what_was_erased_is_not_exported(database: Database) -> None:
    _, [first, *_] = await converse(database, "5", TALK)
    await correct(database, first, "Tomorrow, canary.")
    await Recorder(database).forget(Address("telegram", "1", "5"), [])
    for kind in exporting.kinds():
        assert await rows(database, kind, PLAIN) == []


async def test_a_selection_keeps_what_is_wanted(database: Database) -> None:
    _, [first, *_] = await converse(database, "5", TALK)
    _, [other, *_] = await converse(database, "6", [Exchange("在哪", "路上", model="other@1")], "zh", "slack")
    await correct(database, first, "Tomorrow.")
    await correct(database, other, "明天。", "Bo")
    for kind in exporting.kinds():
        for wanted in ({"language": "zh"}, {"channel": "slack"}, {"model": "other"}, {"model": "other@1"}):
            [row] = await rows(database, kind, **wanted)
            assert "明天。" in json.dumps(row, ensure_ascii=False)
        assert await rows(database, kind, since=4e9) == []
        assert await rows(database, kind, until=1.0) == []
        assert len(await rows(database, kind, since=1.0, until=4e9)) == 2


async def test_many_pages_come_whole_and_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 2)
    monkeypatch.setattr(reading, "LONGEST", 4)
    monkeypatch.setattr(exporting, "SOURCES", 2)
    for chat in range(5):
        _, turns = await converse(database, str(chat), [Exchange(f"q{at}", f"a{at}") for at in range(3)])
        await correct(database, turns[2], f"better {chat}", f"person {chat}")
    found = await rows(database, "corrections")
    assert [row["completion"][0]["content"] for row in found] == [f"better {chat}" for chat in range(5)]
    said = await rows(database, "transcripts")
    assert [len(row["turns"]) for row in said] == [4, 2] * 5, "six turns of a conversation, four in a row"
    async with database.read() as connection:
        sources = await connection.exec_driver_sql("SELECT count(*) FROM dataset_sources")
        assert sources.scalar() == 10


async def test_a_table_has_a_line_for_each_turn_and_no_formula(database: Database) -> None:
    talk = [Exchange('=HYPERLINK("http://x")', "+1"), Exchange("@SUM(A1)\nmore", '-2, "ok"')]
    await converse(database, "5", talk)
    text = (await exported(database, "transcripts", "csv")).decode("utf-8-sig")
    [header, *lines] = list(csv.reader(io.StringIO(text, newline="")))
    assert [line[header.index("text")] for line in lines] == [
        '\'=HYPERLINK("http://x")',
        "'+1",
        "'@SUM(A1)\nmore",
        '\'-2, "ok"',
    ]
    assert {line[header.index("dataset")] for line in lines} == {lines[0][0]}


WORDS = st.text(alphabet=st.characters(exclude_categories=[])) | st.text(alphabet="=+-@\t\r\n\",' 你a\u2028\x00")


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4))
def test_whatever_people_write_lines_and_tables_can_be_read_again(said: list[tuple[str, str, str]]) -> None:
    import tempfile  # noqa: PLC0415 - a file for each example

    with tempfile.TemporaryFile() as file:
        for number, texts in enumerate(said):
            file.write(exporting._line(row(number, *texts)))
        made = Dataset(Version(1, "preferences-1-0"), Content("preferences", "", len(said), "none"), preferences, file)
        lines = b"".join(made.chunks("jsonl"))
        table = b"".join(made.chunks("csv")).decode("utf-8-sig")
        assert sorted(made.conversations()) == list(range(len(said)))
    found = [{**json.loads(line), "dataset": ""} for line in lines.split(b"\n")[:-1]]
    assert found == [{**row(number, *texts), "dataset": ""} for number, texts in enumerate(said)]
    [header, *cells] = list(csv.reader(io.StringIO(table, newline=""), strict=True))
    assert len(cells) == len(said)
    assert all(len(line) == len(header) for line in cells)
    assert not any(cell.startswith(STARTS) for line in cells for cell in line)


def row(number: int, asked: str, chosen: str, rejected: str) -> Mapping[str, Any]:
    return {
        "id": f"review-{number}",
        "lang": "en",
        "prompt": [{"role": "user", "content": asked}],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
        "source": {"conversation": number},
        "redaction": "none",
    }


async def test_the_command_writes_a_file_whole_and_says_what_is_in_it(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio  # noqa: PLC0415 - the command runs a loop of its own

    monkeypatch.setenv("PALAVER_DATABASE_URL", database_url)
    _, [first, *_] = await converse(database, "5", TALK)
    await correct(database, first, "Tomorrow.")
    out = tmp_path / "preferences.jsonl"
    typed = ["export", "preferences", "--out", str(out), "--since", "2020-01-01", "--language", "en"]
    told = await asyncio.to_thread(CliRunner().invoke, build(), typed)
    assert told.exit_code == 0, told.output
    [written] = [json.loads(line) for line in out.read_text().splitlines()]
    assert f"1 rows of {written['dataset']} are in {out}." in told.stdout
    assert list(tmp_path.glob("*.part")) == []


def test_a_form_or_a_kind_or_a_way_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(SettingsError, match="jsonl, csv"):
        check_form("xlsx")
    with pytest.raises(SettingsError, match="none, presidio, rules"):
        redactor("magic")


async def test_a_kind_that_does_not_exist_is_named_with_those_that_do(database: Database) -> None:
    with pytest.raises(SettingsError, match="corrections, preferences, transcripts"):
        await exported(database, "secrets")
