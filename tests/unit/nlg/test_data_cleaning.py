from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.data import cleaning, reading
from nlg.data.cleaning import Cleaning, Outputs
from nlg.data.rules import Limits, chosen_rules, findings
from nlg.errors import DataError


def record(*texts: str, lang: str = "en", **more: object) -> dict[str, object]:
    turns = [{"role": ("user", "assistant")[at % 2], "text": text} for at, text in enumerate(texts)]
    return {"id": "1", "lang": lang, "turns": turns, **more}


GOOD = record("Where is it?", "On its way.", kept="as it is")


def write(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def clean(tmp_path: Path, *records: object, limits: Limits | None = None) -> tuple[Cleaning, Outputs]:
    outputs = Outputs.beside(tmp_path / "out" / "mine.train.jsonl")
    return cleaning.clean(write(tmp_path / "in.jsonl", *records), outputs, chosen_rules(limits or Limits())), outputs


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (record("Hi", " \n"), "empty text"),
        (record("Hi"), "one-sided"),
        ({**GOOD, "turns": [{"role": "assistant", "text": "Welcome!"}, {"role": "user", "text": "Hi"}]}, "one-sided"),
        (record("Hi", "a \ud83d b"), "broken characters"),
        (record("Hi", "caf\ufffd"), "broken characters"),
        (record("Hi", "word " * 10), "text over 40 characters"),
        (record(*"abcdefg"), "over 6 turns"),
        (record("Where is it?", "您的订单已经发货，请耐心等待。"), "labelled en, looks zh"),
        (record("快递到哪了", "It is on its way to you now.", lang="zh"), "labelled zh, looks en"),
        (record("我的电话是13800138000", "好的。", lang="zh"), "personal data: telephone"),
        (record("I am a@b.co", "Hello."), "personal data: e-mail"),
        ({"acts": [{"act": "INFORM", "slot": "phone", "values": ["415-555-2671"]}], "target": "Here."},
         "personal data: telephone"),
    ],
)  # fmt: skip
def test_a_row_is_left_out_for_its_reason(tmp_path: Path, row: object, reason: str) -> None:
    done, outputs = clean(tmp_path, GOOD, row, limits=Limits(characters=40, turns=6))
    assert dict(done.reasons) == {reason: 1}
    assert lines(outputs.kept) == [GOOD]
    assert [(one["line"], one["reasons"]) for one in lines(outputs.dropped)] == [(2, [reason])]


def test_the_second_of_two_equal_rows_is_left_out_whatever_its_id(tmp_path: Path) -> None:
    other_roles = {**GOOD, "turns": list(reversed(GOOD["turns"]))}  # type: ignore[call-overload]
    done, outputs = clean(
        tmp_path, GOOD, {**GOOD, "id": "2"}, {**GOOD, "lang": "fr"}, {**GOOD, "domain": "x"}, other_roles
    )
    assert done.reasons["duplicate"] == 1
    assert [one["line"] for one in lines(outputs.dropped)] == [2, 5]
    assert done.kept == 3


def test_a_row_with_several_reasons_is_left_out_once(tmp_path: Path) -> None:
    done, outputs = clean(tmp_path, record("a@b.co and c@d.co, 415-555-2671"))
    assert (done.kept, done.dropped) == (0, 1)
    (one,) = lines(outputs.dropped)
    assert one["reasons"] == ["one-sided", "personal data: e-mail", "personal data: telephone"]


def test_no_file_of_the_run_but_the_source_holds_personal_data(tmp_path: Path) -> None:
    _, outputs = clean(tmp_path, GOOD, {**record("I am anna@mail.example", "Hi"), "id": "anna@mail.example"})
    for path in (outputs.kept, outputs.dropped, outputs.figures, outputs.page):
        assert "anna" not in path.read_text("utf-8")
    assert json.loads(outputs.figures.read_text())["examples"] == {"personal data: e-mail": ["line 2: I am [e-mail]"]}


def test_figures_add_up_and_are_written_for_people_and_programs(tmp_path: Path) -> None:
    done, outputs = clean(tmp_path, GOOD, GOOD, record("a"), {**GOOD, "domain": "x"})
    told = json.loads(outputs.figures.read_text())
    assert (told["read"], told["kept"], told["dropped"]) == (4, 2, 2)
    page = outputs.page.read_text("utf-8")
    assert page == done.to_markdown()
    assert "4 rows read, 2 kept, 2 left out." in page
    assert "| duplicate | 1 |" in page


def test_a_rule_can_be_allowed_to_be_broken(tmp_path: Path) -> None:
    done, _ = clean(tmp_path, record("I am a@b.co", "Hi"), limits=Limits(allowed=frozenset({"personal"})))
    assert done.kept == 1


def test_a_rule_that_is_none_is_told_the_rules() -> None:
    with pytest.raises(DataError, match=r"no rule privacy to allow. The rules are: .*personal"):
        chosen_rules(Limits(allowed=frozenset({"privacy"})))


def test_what_is_kept_of_a_table_becomes_json_lines_that_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("input,target,lang\n你好,您好！,zh\n,x,zh\n", encoding="utf-8")
    outputs = Outputs.beside(tmp_path / "out.jsonl.xz")
    done = cleaning.clean(tmp_path / "in.csv", outputs, chosen_rules(Limits()))
    assert (done.kept, dict(done.reasons)) == (1, {"empty text": 1})
    (row,) = reading.rows(outputs.kept)
    assert row.record == {"id": "in-2", "input": "你好", "target": "您好！", "lang": "zh"}
    assert outputs.dropped.name == "out.dropped.jsonl"


def test_a_wrong_line_stops_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"in\.jsonl, line 2"):
        clean(tmp_path, GOOD, {"x": 1})
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", GOOD)
    with pytest.raises(DataError, match="is there already"):
        Outputs.beside(path)


@pytest.mark.parametrize("name", ["out.csv", "out", "out.jsonl.zip"])
def test_what_is_kept_is_called_json_lines(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"Call it \.jsonl"):
        Outputs.beside(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    full = tmp_path / "out.jsonl.part"
    full.symlink_to("/dev/full")
    with pytest.raises(DataError, match=r"out\.jsonl cannot be written: No space left"):
        cleaning.clean(write(tmp_path / "in.jsonl", GOOD), Outputs.beside(tmp_path / "out.jsonl"), [])
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_packed_output_is_packed(tmp_path: Path) -> None:
    outputs = Outputs.beside(tmp_path / "out.jsonl.xz")
    cleaning.clean(write(tmp_path / "in.jsonl", GOOD), outputs, [])
    assert json.loads(lzma.decompress(outputs.kept.read_bytes())) == GOOD


WORDS = st.sampled_from(["Hello there", "", "a@b.co", "你好你好你好你好", "x" * 50, "\ud83d", "13800138000", "fine"])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=12))
def test_each_row_is_kept_or_left_out_and_what_is_kept_is_clean(
    tmp_path_factory: pytest.TempPathFactory, told: list[list[str]]
) -> None:
    limits = Limits(characters=40)
    done, outputs = clean(tmp_path_factory.mktemp("clean"), *(record(*texts) for texts in told), limits=limits)
    assert done.kept + done.dropped == len(told)
    assert len(lines(outputs.kept)) == done.kept
    assert len(lines(outputs.dropped)) == done.dropped
    if done.kept:
        rules = chosen_rules(limits)
        assert [findings(row, rules) for row in reading.rows(outputs.kept)] == [[]] * done.kept
