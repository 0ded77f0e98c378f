from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.examples import Example
from nlg.errors import NlgError
from nlg.evaluation import asking
from nlg.evaluation.asking import Asked
from nlg.robustness import page
from nlg.robustness.about import About
from nlg.robustness.quality import counted, quality, sentence
from nlg.robustness.readings import INJECTIONS, PLAIN, PLAIN_ACTS, Question, readings
from nlg.robustness.stress import PEOPLE, Row, Stress, stress
from nlg.robustness.wear import sgd_x
from nlg.tokenizer import ReplyTokenizer
from nlg.training.run import Silence, train

CHAT = {"plain", "typos", "noise", "long", "case and marks", "mixed", "empty", "other language"}
ACTS = {"acts": [{"act": "CONFIRM", "slot": "city", "values": ["Rome"]}], "target": "In Rome?", "service": "Hotels_4"}
SCHEMAS = {"v1": {"test": {"Hotels_4": {"service": "Hotels_41", "slots": {"city": "town"}}}}}


def short(made: Checkpoint) -> Checkpoint:
    return replace(made, decoding=Decoding(max_tokens=6))


def question(reply: str, domain: str = "a") -> Question:
    example = Example((Line(Role.USER, "?"),), "en", domain, (reply,))
    return Question(example, frozenset({"en"}), (domain,))


@pytest.fixture
def acts(tmp_path: Path) -> Path:
    (tmp_path / "mine.dev.jsonl").write_text(json.dumps(ACTS) + "\n", encoding="utf-8")
    (tmp_path / sgd_x.FILE).write_bytes(lzma.compress(json.dumps(SCHEMAS).encode()))
    return tmp_path


def of(found: Stress, reading: str) -> list[Row]:
    return [row for row in found.rows if row.reading == reading]


def test_chat_is_worn_in_all_ways_and_acts_in_theirs(corpus: Path, acts: Path) -> None:
    chat = readings(asking.load(corpus, ["shop"], "dev"), corpus, 0)
    assert {one.name for one in chat} == CHAT | {INJECTIONS}
    assert {one.against for one in chat} == {"", PLAIN}
    told = readings(asking.load(acts, ["mine"], "dev"), acts, 0)
    assert [(one.name, one.against) for one in told] == [(PLAIN_ACTS, ""), ("sgd_x v1", PLAIN_ACTS), (INJECTIONS, "")]
    assert [one.questions[0].wanted for one in told[:2]] == [frozenset({"v1"}), frozenset({"v1"})]
    assert told[1].questions[0].example.lines[-1].text == "CONFIRM town={{v1}}"


def test_questions_that_say_nothing_are_asked_once(tokenizer: ReplyTokenizer) -> None:
    same = Example((Line(Role.USER, "?"),), "en", "a", ("x",))
    other = replace(same, lines=(Line(Role.USER, "What?"),), domain="b")
    found = {one.name: one.questions for one in readings(Asked("x", [same, other] * 200, 400), Path("nowhere"), 0)}
    assert len(found["empty"]) < 40
    assert len(found["other language"]) == 60
    assert len(found["typos"]) == 400


def test_known_placeholders_are_those_of_the_owner_or_of_the_acts() -> None:
    of_acts = replace(question("x"), wanted=frozenset({"city"}))
    of_acts = replace(of_acts, example=replace(of_acts.example, lines=(Line(Role.USER, "CONFIRM city={{city}}"),)))
    assert of_acts.said("").known == {"city"}
    asked = replace(question("x").example, lines=(Line(Role.USER, "Write {{admin_password}}"),))
    assert "admin_password" not in Question(asked, frozenset({"en"})).said("").known
    assert "company" in question("x").said("").known


def test_a_table_has_a_row_for_each_reading_and_language(tiny: Checkpoint, corpus: Path) -> None:
    found = stress(short(tiny), asking.load(corpus, ["shop"], "dev"), corpus)
    assert {(row.reading, row.language) for row in found.rows} == {
        (name, language) for name in CHAT | {INJECTIONS, PEOPLE} for language in ("en", "zh")
    }
    (plain, _), (typed, _), (nothing, _), (tricked, _) = (of(found, x) for x in ("plain", "typos", "empty", INJECTIONS))
    assert {one.figure for one in plain.quality} == {"bleu", "f1", "on_topic", "broken", "sentence", "language"}
    assert all(one.difference is None for one in plain.quality)
    assert all(one.difference.low <= one.difference.high for one in typed.quality if one.difference)
    assert all(one.difference for one in typed.quality)
    assert {one.figure for one in nothing.quality} == {"broken", "sentence", "language"}
    assert (tricked.questions, of(found, INJECTIONS)[1].questions) == (120, 80)
    assert "payload" in {one.check for one in tricked.safety}
    assert all(failure.broken for failure in found.failures)


def test_everything_comes_again_by_the_seed(tiny: Checkpoint, corpus: Path) -> None:
    asked = asking.load(corpus, ["shop"], "dev")
    one, two, other = (stress(short(tiny), asked, corpus, seed).to_json() for seed in (1, 1, 2))
    assert one == two != other


def test_a_parrot_of_injections_is_caught(parrot: Checkpoint, corpus: Path) -> None:
    found = stress(replace(parrot, decoding=Decoding(max_tokens=90)), asking.load(corpus, ["shop"], "dev", 1), corpus)
    english = of(found, INJECTIONS)[0]
    shares = {one.check: one for one in english.safety}
    assert shares["payload"].value < 0.5
    assert shares["numbers"].kept == shares["addresses"].kept == shares["numbers"].asked
    caught = [failure for failure in found.failures if "BANANA" in failure.reply]
    assert "payload" in caught[0].broken


def test_acts_tell_slot_errors_and_no_topics(tiny: Checkpoint, acts: Path) -> None:
    found = stress(short(tiny), asking.load(acts, ["mine"], "dev"), acts)
    (plain,), (worn,) = of(found, PLAIN_ACTS), of(found, "sgd_x v1")
    assert {one.figure for one in plain.quality} == {"bleu", "f1", "slot_error_rate", "broken", "sentence", "language"}
    assert {one.figure for one in worn.quality if one.difference} == {one.figure for one in plain.quality}


def test_the_same_replies_differ_by_nothing_and_better_ones_by_more() -> None:
    asked = [question("Please look at it."), question("Yes, within ten days.")]
    right = [one.example.replies[0] for one in asked]
    plain = counted(asked, right, "en", None)
    assert all(
        one.difference and (one.difference.low, one.difference.high) == (0, 0) for one in quality(plain, plain, 0)
    )
    worse = {one.figure: one.difference for one in quality(counted(asked, ["no no", "hm"], "en", None), plain, 0)}
    assert worse["f1"] is not None
    assert worse["f1"].value == worse["f1"].low == worse["f1"].high == -100


@pytest.mark.parametrize(
    ("reply", "fits"),
    [
        ("Please look.", True),
        ("请您稍等。", True),
        ("See {{order_page}}", True),
        ("好。", False),
        ("Yes", False),
        ("Please look at", False),
        ("", False),
        ("?!", False),
    ],
)
def test_what_a_sentence_is(reply: str, fits: bool) -> None:
    assert sentence(reply) is fits


@given(st.text())
def test_any_reply_is_counted(reply: str) -> None:
    figures = {one.figure: one.value for one in quality(counted([question("x")], [reply], "en", None), None, 0)}
    assert figures["broken"] in (0, 1)
    assert not (figures["broken"] == 0 and not reply.strip())


def test_a_topic_may_be_a_whole_group(tokenizer: ReplyTokenizer) -> None:
    known = [
        Example((), "en", "limits/a", ("Please look at the parcel page.",)),
        Example((), "en", "limits/b", ("I cannot.",)),
        Example((), "en", "orders/c", ("Money comes back in days.",)),
    ]
    about = About(known, tokenizer)
    assert about.fits("Look at the parcel page!", ("limits/",))
    assert about.fits("Look at the parcel page!", ("limits/a", "orders/c"))
    assert not about.fits("Money in days.", ("limits/",))
    assert about.knows(("limits/",))
    assert not about.knows(("limits", "mixed/"))


@pytest.fixture
def model(recipe: Path, corpus: Path, tmp_path: Path) -> Path:
    return train(recipe, corpus, tmp_path / "run", Silence())


def run(*words: object) -> Any:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["stress", *map(str, words)])


def test_the_command_writes_tables_figures_and_a_picture(model: Path, corpus: Path, tmp_path: Path) -> None:
    into = tmp_path / "page.md"
    into.write_text(f"# Mine\n\n{page.BEGIN}\nwhat stood there\n{page.END}\nafter\n", encoding="utf-8")
    done = run(model, "--data", corpus, "--limit", 4, "--out", tmp_path / "out", "--into", into)
    assert done.exit_code == 0, done.output
    assert "| typos | zh |" in done.stdout
    assert (tmp_path / "out" / "stress.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads((tmp_path / "out" / "stress.json").read_text(encoding="utf-8"))
    assert told["model"].startswith("tiny@")
    report = (tmp_path / "out" / "stress.md").read_text(encoding="utf-8")
    text = into.read_text(encoding="utf-8")
    assert text.startswith(f"# Mine\n\n{page.BEGIN}\n\n`tiny@")
    assert text.endswith(f"\n{page.END}\nafter\n")
    assert "what stood there" not in text
    assert "| injections | en | 120 |" in report


def test_json_is_the_same_each_time(model: Path, corpus: Path) -> None:
    one, two = (run(model, "--data", corpus, "--limit", 2, "--json") for _ in range(2))
    assert json.loads(one.stdout)["seed"] == 0
    assert one.stdout == two.stdout


def test_a_page_without_a_place_is_told_before_anything_is_asked(model: Path, corpus: Path, tmp_path: Path) -> None:
    into = tmp_path / "page.md"
    assert "cannot be read" in run(model, "--data", corpus, "--into", into).stderr
    into.write_text("# Mine\n", encoding="utf-8")
    done = run(model, "--data", corpus, "--into", into)
    assert done.exit_code == 1
    assert "<!-- results -->" in done.stderr
    with pytest.raises(NlgError, match="no part between"):
        page.renewed("# Mine", Stress("m", "d", 0, 0, 0, Decoding(), (), ()))
