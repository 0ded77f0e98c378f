from __future__ import annotations

import gzip
import json
import lzma
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.contract import Line, Role
from nlg.data import corpus, packing, reading
from nlg.data.dialogues import Dialogue
from nlg.errors import DataError

TURNS = [{"role": "user", "text": "Where is it?"}, {"role": "assistant", "text": "On its way."}]
SAID = (Line(Role.USER, "Where is it?"), Line(Role.ASSISTANT, "On its way."))
SAMPLES = {
    "dialogue": {"id": "1", "lang": "en", "domain": "orders", "turns": TURNS},
    "messages": {"messages": [{"role": turn["role"], "content": turn["text"]} for turn in TURNS], "lang": "en"},
    "pair": {"id": "1", "input": "Where is it?", "target": "On its way.", "lang": "en"},
    "acts": {"id": "1", "acts": [{"act": "REQUEST", "slot": "city", "values": []}], "target": "Where?"},
    "completion": {
        "prompt": [{"role": "user", "content": "Where is it?"}],
        "completion": [{"role": "assistant", "content": "On its way."}],
        "lang": "en",
    },
    "preference": {
        "prompt": [{"role": "user", "content": "Where is it?"}],
        "chosen": [{"role": "assistant", "content": "On its way."}],
        "rejected": [{"role": "assistant", "content": "No idea."}],
        "lang": "en",
    },
    "transcript": {
        "conversation": "7",
        "channel": "telegram",
        "language": "en",
        "turns": [TURNS[0], {"role": "bot", "text": "On its way.", "model": "m"}],
    },
}


def write(path: Path, *lines: object) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
    pack = {".xz": lzma.compress, ".gz": gzip.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(text))
    return path


def dialogues(tmp_path: Path, *records: object) -> list[Dialogue]:
    return list(reading.read(write(tmp_path / "a.jsonl", *records)))


def test_every_schema_has_a_sample_here() -> None:
    assert set(SAMPLES) == set(reading.all_schemas())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_is_taken_for_what_it_is(tmp_path: Path, name: str) -> None:
    (row,) = reading.rows(write(tmp_path / "a.jsonl", SAMPLES[name]))
    assert row.schema == name
    assert row.record == SAMPLES[name]
    assert [line.role for line in row.content.dialogue.lines] == [Role.USER, Role.ASSISTANT]


@pytest.mark.parametrize("name", ["dialogue", "messages", "pair", "completion", "preference", "transcript"])
def test_the_same_words_are_the_same_dialogue_in_each_schema(tmp_path: Path, name: str) -> None:
    (dialogue,) = dialogues(tmp_path, SAMPLES[name])
    assert (dialogue.lines, dialogue.language) == (SAID, "en")


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.xz", ".jsonl.gz"])
def test_json_lines_are_read_packed_or_not(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"shop.train{ending}", SAMPLES["dialogue"], "", SAMPLES["pair"])
    assert reading.find("shop", "train", tmp_path) == path
    assert [row.number for row in reading.rows(path)] == [1, 3]


@pytest.mark.parametrize(
    ("task", "lang", "languages"),
    [
        ("translate_en_zh", "", ["en", "zh"]),
        ("translate_zh_en", "", ["zh", "en"]),
        ("summarise_zh", "", ["zh", "zh"]),
        ("rhyme", "en", ["en", "en"]),
        ("", "", ["", ""]),
    ],
)
def test_a_task_tells_the_languages_of_a_pair(tmp_path: Path, task: str, lang: str, languages: list[str]) -> None:
    record = {"id": "1", "task": task, "lang": lang, "input": "a", "target": "b"}
    (row,) = reading.rows(write(tmp_path / "a.jsonl", record))
    assert [text.language for text in row.content.texts] == languages
    assert (row.content.dialogue.language, row.content.dialogue.domain) == (languages[1], task)


def test_the_words_of_the_system_are_not_learnt_but_looked_at(tmp_path: Path) -> None:
    record = {"messages": [{"role": "system", "content": "Be kind."}, *SAMPLES["messages"]["messages"]]}  # type: ignore[misc]
    (row,) = reading.rows(write(tmp_path / "a.jsonl", record))
    assert row.content.dialogue.lines == SAID
    assert row.content.texts[0].text == "Be kind."


def transcript(*turns: dict[str, str]) -> dict[str, object]:
    return {**SAMPLES["transcript"], "turns": list(turns)}


USER, MORE = {"role": "user", "text": "Hi"}, {"role": "user", "text": "And?"}
BAD = {"role": "bot", "text": "Go away.", "verdict": "bad"}


def test_a_team_member_is_learnt_from_and_a_draft_goes_before_the_text(tmp_path: Path) -> None:
    bot = {"role": "bot", "text": "Call 123.", "draft": "Call {{support_phone}}.", "verdict": "good"}
    (dialogue,) = dialogues(tmp_path, transcript(USER, bot, MORE, {"role": "human", "text": "Done."}))
    assert [line.text for line in dialogue.lines] == ["Hi", "Call {{support_phone}}.", "And?", "Done."]


def test_nothing_is_learnt_from_a_bad_reply_nor_from_what_follows_it(tmp_path: Path) -> None:
    (dialogue,) = dialogues(tmp_path, transcript(USER, BAD, MORE, {"role": "bot", "text": "x"}))
    assert [line.text for line in dialogue.lines] == ["Hi"]


def test_a_correction_takes_the_place_of_a_bad_reply_and_ends_the_dialogue(tmp_path: Path) -> None:
    (dialogue,) = dialogues(tmp_path, transcript(USER, {**BAD, "correction": "Hello!"}, MORE))
    assert [line.text for line in dialogue.lines] == ["Hi", "Hello!"]


def test_a_transcript_that_opens_with_a_bad_reply_leaves_nothing_to_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", transcript(BAD, USER))
    assert list(reading.read(path)) == []
    assert len(list(reading.rows(path))) == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"x": 1}, "no fields of anything that is known here .*pair: input, target"),
        ({"input": "a"}, "no 'target'"),
        ({"input": None, "target": "b"}, "'input' is NoneType, not a string"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "'tool' is not a valid Role: write user or assistant"),
        ({"messages": [{"role": "user"}]}, "no 'content'"),
        ({"acts": [], "target": "x"}, "'acts' is empty"),
        ({"acts": ["x"], "target": "x"}, "number 1 of 'acts' is not a JSON object"),
        ({"acts": [{"act": "A", "values": "x"}], "target": "x"}, "'values' is not a list of strings"),
        ({"acts": [{"slot": "s"}], "target": "x"}, "no 'act'"),
        (transcript({"role": "assistant", "text": "x"}), "write user or bot or human"),
        (transcript({**BAD, "verdict": "awful"}), "'awful' is no verdict: write good, bad"),
        ("[" * 100_000, "no JSON that can be read"),
        ("9" * 5_000, "no JSON that can be read"),
    ],
)
def test_a_wrong_record_is_named_with_file_and_line(tmp_path: Path, record: object, reason: str) -> None:
    path = write(tmp_path / "a.jsonl", SAMPLES["dialogue"], record)
    with pytest.raises(DataError, match=rf"a\.jsonl, line 2: .*{reason}"):
        list(reading.rows(path))


def test_bytes_that_are_no_utf_8_are_named_with_their_own_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *[SAMPLES["dialogue"]] * 9)
    path.write_bytes(path.read_bytes() + '{"id": "é"}'.encode("latin-1"))
    with pytest.raises(DataError, match=r"a\.jsonl, line 10: byte 9 is not UTF-8. Save the file as UTF-8"):
        list(reading.rows(path))


@pytest.mark.parametrize("ending", [".jsonl.xz", ".jsonl.gz"])
@pytest.mark.parametrize("damage", [lambda raw: raw[:-15], lambda raw: b"x" + raw[1:], lambda raw: raw[:3]])
def test_a_packed_file_that_was_damaged_says_so(tmp_path: Path, ending: str, damage) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / f"a{ending}", *[SAMPLES["dialogue"]] * 300)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"is damaged after line \d+: .*Copy the file again"):
        list(reading.rows(path))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.xz", "a.csv"])
def test_a_file_without_records_is_an_error(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, *(["input,target"] if name == "a.csv" else ["", "  "]))
    with pytest.raises(DataError, match="is empty: there is not one record"):
        list(reading.rows(path))


def test_a_file_of_no_bytes_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(DataError, match=r"a\.jsonl is empty"):
        list(reading.rows(tmp_path / "a.jsonl"))


def test_what_is_in_no_known_format_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.docx is in no format .*\.csv, .*\.jsonl, .*datasets"):
        list(reading.rows(write(tmp_path / "a.docx", "x")))
    with pytest.raises(DataError, match="does not exist"):
        list(reading.rows(tmp_path / "none.jsonl"))


def test_a_line_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.xz"
    path.write_bytes(lzma.compress(b"x" * (packing.LONGEST + 9)))
    with pytest.raises(DataError, match="line 1: longer than 16 MiB"):
        list(reading.rows(path))


def test_only_one_sided_dialogues_are_nothing_to_learn_from(tmp_path: Path) -> None:
    write(tmp_path / "shop.dev.jsonl", {**SAMPLES["dialogue"], "turns": TURNS[1:]})
    with pytest.raises(DataError, match=r"shop\.dev\.jsonl: no turn of an assistant follows one of a user"):
        corpus.load(tmp_path, ["shop"], "dev")


def test_a_corpus_may_come_from_several_formats(tmp_path: Path) -> None:
    write(tmp_path / "a.dev.jsonl", SAMPLES["dialogue"])
    write(tmp_path / "b.dev.csv", "input,target", "Bonjour,Hello")
    assert [example.replies for example in corpus.load(tmp_path, ["a", "b"], "dev")] == [("On its way.",), ("Hello",)]


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *[SAMPLES["dialogue"]] * 3)
    told: list[int] = []
    list(reading.rows(path, told.append))
    assert told == sorted(told)
    assert told[-1] == reading.size(path) == path.stat().st_size


def test_a_table_of_pairs_is_read_with_its_line_ends_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffInput,target,lang\r\n"Say ""hi"",\r\nplease",嗨,zh\r\n\r\nb,c,en\r\n'.encode())
    rows = list(reading.rows(path))
    assert [(row.number, row.record) for row in rows] == [
        (2, {"id": "a-2", "input": 'Say "hi",\r\nplease', "target": "嗨", "lang": "zh"}),
        (5, {"id": "a-5", "input": "b", "target": "c", "lang": "en"}),
    ]


def test_a_table_may_have_tabs(tmp_path: Path) -> None:
    (row,) = reading.rows(write(tmp_path / "a.tsv.gz", "target\tinput\tsource", "b, c\ta\tme"))
    assert row.record == {"id": "a-2", "input": "a", "target": "b, c", "source": "me"}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["question,answer", "a,b"], "line 1: no column input nor target. The first line names the columns"),
        (["input,target,input", "a,b,c"], "line 1: two columns with the same name"),
        (["input,target", "a,b", "a,b,c"], "line 3: 3 cells under 2 columns. Put texts that hold commas"),
        (["input,target", '"a"b,c'], "line 2: no row of a table"),
        (["input,target", '"never closed,b'], "line 2: no row of a table"),
    ],
)
def test_a_wrong_table_is_named_with_file_and_line(tmp_path: Path, lines: list[str], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        list(reading.rows(write(tmp_path / "a.csv", *lines)))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_any_pair_comes_back_from_a_table(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "a.csv"
    quoted = [",".join('"' + text.replace('"', '""') + '"' for text in pair) for pair in pairs]
    path.write_bytes("\n".join(["input,target", *quoted]).encode())
    assert [(row.record["input"], row.record["target"]) for row in reading.rows(path)] == pairs


FIELDS = sorted(
    {"role", "text", "content", "act", "slot", "values", "verdict", *(x for y in SAMPLES.values() for x in y)}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.printable),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.fuzz
@given(JSON)
def test_whatever_a_line_holds_it_is_read_or_named(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = write(tmp_path_factory.mktemp("any") / "a.jsonl", json.dumps(value))
    try:
        (row,) = reading.rows(path)
    except DataError as error:
        assert str(error).startswith("a.jsonl, line 1: ")  # noqa: PT017 - either is right
    else:
        assert all(isinstance(line.text, str) for line in row.content.dialogue.lines)
