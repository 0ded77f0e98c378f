"""Which of the replies that a search found is given, and how the commands ask for one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nlg import checkpoint, folders, plugins
from nlg import choices as chosen_by
from nlg.beam import Beams, Found
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.examples import Example
from nlg.evaluation.writing import Searching, answers
from nlg.tokenizer import ReplyTokenizer

FOUND = st.lists(
    st.builds(Found, st.lists(st.integers(40, 46), min_size=1, max_size=5), st.floats(-9, 0)), min_size=1, max_size=6
).map(lambda found: sorted(found, key=lambda one: -one.score))


def example(text: str = "where is my parcel") -> Example:
    return Example((Line(Role.USER, text),), "en", "", ())


def found(tokenizer: ReplyTokenizer, *texts: str, scores: tuple[float, ...] = ()) -> list[Found]:
    rated = zip(texts, scores or [-0.1 * at for at in range(len(texts))], strict=True)
    return [Found(tokenizer.encode(text), score) for text, score in rated]


@settings(max_examples=50, deadline=None)
@given(FOUND)
def test_every_choice_gives_one_of_the_replies_and_is_sure_of_it(tokenizer: ReplyTokenizer, told: list[Found]) -> None:
    for name in folders.names(chosen_by):
        choose = plugins.choice(name)
        one = choose(told, example("OFFER city={{city}}"), tokenizer)
        assert one in told
        assert choose(told, example("OFFER city={{city}}"), tokenizer) == one
        assert choose([one], example(), tokenizer) == one


@settings(deadline=None)
@given(FOUND)
def test_the_likeliest_is_the_first(tokenizer: ReplyTokenizer, told: list[Found]) -> None:
    assert plugins.choice("likeliest")(told, example(), tokenizer) is told[0]


def test_minimum_risk_takes_the_reply_that_has_relatives(tokenizer: ReplyTokenizer) -> None:
    told = found(tokenizer, "可以退货", "Please look at it.", "Please look at that.", "Please look at this.")
    assert plugins.choice("mbr")(told, example(), tokenizer) in told[1:]


def test_relatives_count_only_as_much_as_they_are_likely(tokenizer: ReplyTokenizer) -> None:
    texts = ("可以退货", "Please look at it.", "Please look at that.")
    told = found(tokenizer, *texts, scores=(-0.1, -9.0, -9.0))
    assert plugins.choice("mbr")(told, example(), tokenizer) is told[0]


def test_without_relatives_minimum_risk_takes_the_likeliest() -> None:
    tokens = [[40, 41], [50, 51], [60]]
    told = [Found(row, -0.1 * at) for at, row in enumerate(tokens)]
    assert plugins.choice("mbr")(told, example(), ReplyTokenizer.train(["a"], 300)) is told[0]


def test_the_likeness_of_two_replies_is_the_f_of_their_words_and_pairs(tokenizer: ReplyTokenizer) -> None:
    # Of 40 41 42 (5 words and pairs) 40 41 (3) shares 3, and 41 42 43 (5) shares 3; the others share one.
    told = [Found([40, 41], 0.0), Found([40, 41, 42], math.log(0.5)), Found([41, 42, 43], math.log(0.25))]
    gains = [1 + 0.5 * 6 / 8 + 0.25 * 2 / 8, 6 / 8 + 0.5 + 0.25 * 6 / 10, 2 / 8 + 0.5 * 6 / 10 + 0.25]
    assert plugins.choice("mbr")(told, example(), tokenizer) is told[gains.index(max(gains))]
    even = [replace(one, score=0.0) for one in told]
    gains = [1 + 6 / 8 + 2 / 8, 6 / 8 + 1 + 6 / 10, 2 / 8 + 6 / 10 + 1]
    assert plugins.choice("mbr")(even, example(), tokenizer) is even[gains.index(max(gains))]
    assert gains.index(max(gains)) == 1


def test_a_reply_that_no_search_believes_in_has_no_say(tokenizer: ReplyTokenizer) -> None:
    told = found(tokenizer, "Yes.", "Please look at it.", "Please look at that.", scores=(-1.0, -math.inf, -math.inf))
    assert plugins.choice("mbr")(told, example(), tokenizer) is told[0]


def test_coverage_takes_the_likeliest_reply_that_says_what_the_acts_want(tokenizer: ReplyTokenizer) -> None:
    told = found(tokenizer, "When?", "In {{city}} on {{date}}?", "In {{city}}? When?", "{{city}}, when?")
    assert plugins.choice("coverage")(told, example("OFFER city={{city}} | REQUEST date"), tokenizer) is told[2]


def test_where_no_reply_covers_everything_the_nearest_is_taken(tokenizer: ReplyTokenizer) -> None:
    told = found(tokenizer, "{{x}} {{y}}", "In {{city}}?", "{{city}} {{city}} {{date}} {{x}}")
    assert plugins.choice("coverage")(told, example("OFFER city={{city}} | INFORM date={{date}}"), tokenizer) is told[1]


def test_without_acts_coverage_changes_nothing(tokenizer: ReplyTokenizer) -> None:
    told = found(tokenizer, "{{x}} {{y}}", "Yes.")
    assert plugins.choice("coverage")(told, example(), tokenizer) is told[0]


# The commands


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.fixture
def model(tiny: Checkpoint, tmp_path: Path) -> str:
    checkpoint.save(replace(tiny, decoding=Decoding(max_tokens=8)), tmp_path / "model")
    return str(tmp_path / "model")


def test_a_model_is_measured_by_what_it_finds_and_chooses(app: typer.Typer, model: str, questions: Path) -> None:
    command = ["evaluate", model, "--data", str(questions), "--source", "shop", "--beams", "4", "--choose", "mbr"]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "replies searched by 4 beams and taken by mbr (times below are of replies chosen greedily)" in told.stdout
    report = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert report["search"] == {"beams": {"width": 4, "most": 8, "length": 1.0}, "choice": "mbr"}


def test_a_report_shows_the_replies_that_were_chosen(
    app: typer.Typer, model: str, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    command = ["evaluate", model, "--data", str(questions), "--source", "shop", "--out", str(out)]
    assert CliRunner().invoke(app, [*command, "--beams", "3"]).exit_code == 0
    said = [sample["replies"][0] for sample in json.loads((out / "report.json").read_text())["samples"]]
    lines = [sample["lines"] for sample in json.loads((out / "report.json").read_text())["samples"]]
    asked = [example(told[-1]["text"]) for told in lines if len(told) == 1]
    wanted = Searching(Beams(3, most=8))
    expected = answers(checkpoint.load(Path(model)), asked, wanted=wanted)
    assert [one.strip() for one in expected] == [
        reply.strip() for reply, told in zip(said, lines, strict=True) if len(told) == 1
    ]
    assert "searched by 3 beams and taken by likeliest" in (out / "report.html").read_text()


def test_without_beams_nothing_is_searched(app: typer.Typer, model: str, questions: Path) -> None:
    told = CliRunner().invoke(app, ["evaluate", model, "--data", str(questions), "--source", "shop", "--json"])
    assert json.loads(told.stdout)["search"] is None


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (["--choose", "mbr"], "mbr takes one of the replies that a search found: add --beams 4"),
        (["--beams", "2", "--choose", "luck"], "nlg.choices has no 'luck'. It has: coverage, likeliest, mbr."),
        (["--choose", "luck"], "nlg.choices has no 'luck'"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(app: typer.Typer, model: str, more: list[str], error: str) -> None:
    for command in (["evaluate", model], ["generate", "hi", "--model", model]):
        told = CliRunner().invoke(app, [*command, *more])
        assert told.exit_code == 1
        assert error in " ".join(told.output.split())


def test_a_reply_is_searched_and_shown_whole(app: typer.Typer, model: str) -> None:
    told = CliRunner().invoke(app, ["generate", "hi", "--model", model, "--beams", "4", "--choose", "mbr"])
    wanted = Searching(Beams(4, most=8), "mbr")
    asked = Example((Line(Role.USER, "hi"),), "", "", ())
    assert told.stdout == answers(checkpoint.load(Path(model)), [asked], wanted=wanted)[0] + "\n"


def test_one_beam_says_what_no_search_says(app: typer.Typer, model: str) -> None:
    plain, searched = (
        CliRunner().invoke(app, ["generate", "where is my parcel", "--model", model, *more])
        for more in ([], ["--beams", "1"])
    )
    assert plain.exit_code == 0
    assert plain.stdout == searched.stdout


def test_a_talk_can_be_searched_line_by_line(app: typer.Typer, model: str) -> None:
    told = CliRunner().invoke(app, ["generate", "--model", model, "--beams", "2"], input="hi\n你好\n")
    assert told.exit_code == 0
    assert told.stdout.count("> ") == 3


def test_a_search_draws_nothing_by_chance(app: typer.Typer, model: str) -> None:
    told = CliRunner().invoke(app, ["generate", "hi", "--model", model, "--beams", "2", "--temperature", "0.5"])
    assert told.exit_code == 1
    assert "leave --temperature out" in told.output
