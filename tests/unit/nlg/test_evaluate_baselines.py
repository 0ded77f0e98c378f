from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from nlg import checkpoint
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.acts import Act, coverage, linearise
from nlg.data.examples import Example
from nlg.evaluation import asking, rules
from nlg.evaluation.asking import Asked
from nlg.evaluation.findings import find
from nlg.evaluation.page import html, markdown
from nlg.evaluation.page.plots import plots
from nlg.evaluation.rules import all_baselines, measure

CALL = "Doctor: Good morning.\nPatient: Hello.\nDoctor: What is wrong? Tell me.\nPatient: My foot hurts."


def said(name: str, text: str, *before: str) -> str:
    lines = tuple(Line(Role.USER, one) for one in (*before, text))
    return all_baselines()[name].reply(Example(lines, "", "", ("people's reply",)))


@pytest.mark.parametrize(
    ("name", "text", "reply"),
    [
        ("copy", "Good morning, Tom.", "Good morning, Tom."),
        ("lead", CALL, "Doctor: Good morning.\nPatient: Hello.\nDoctor: What is wrong? Tell me."),
        ("lead", "Hello, Ben. My phone is 4.5 inches! Is it?? Yes. No.", "Hello, Ben. My phone is 4.5 inches!"),
        ("lead", "你好。电话坏了！怎么办？谢谢。", "你好。电话坏了！怎么办？"),
        ("lead", "no stop at all", "no stop at all"),
        ("lead", "", ""),
        ("template", "OFFER city={{city}}", "How about {{city}}?"),
        ("template", "CONFIRM leaving_date={{leaving_date}}", "The leaving date is {{leaving_date}}, right?"),
        ("template", "INFORM pets=True | REQ_MORE", "The pets is True. Anything else?"),
        ("template", "REQUEST time | GOODBYE", "What time would you like? Goodbye."),
        ("template", "REQUEST time={{time}}, {{time_2}}", "What time would you like, {{time}} or {{time_2}}?"),
        ("template", "SELF_DESTRUCT wall_clock={{wall_clock}}", "Self destruct wall clock {{wall_clock}}."),
        ("template", "hello there", "Hello there."),
    ],
)
def test_a_baseline_says_what_its_rule_says(name: str, text: str, reply: str) -> None:
    assert said(name, text) == reply


def test_only_the_last_line_is_replied_to() -> None:
    assert [said(name, "c", "a", "b") for name in ("copy", "lead")] == ["c", "c"]


NAMES = st.text("abcdefgh_", min_size=1, max_size=8).filter(lambda name: name.strip("_"))
ACTS = st.lists(
    st.builds(
        Act,
        st.sampled_from(["OFFER", "INFORM", "CONFIRM", "REQUEST", "INFORM_COUNT", "OFFER_INTENT", "SELF_DESTRUCT"]),
        NAMES,
        st.lists(st.text("xyz", min_size=1, max_size=5), min_size=1, max_size=3, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda act: act.slot,
)


@given(ACTS)
def test_a_template_says_each_slot_once(acts: list[Act]) -> None:
    found = coverage(said("template", linearise(acts)), acts)
    assert (found.missing, found.superfluous) == (0, 0)


def test_a_copy_of_the_reference_is_perfect_and_has_no_surprise() -> None:
    asked = Asked(
        "x.test", [Example((Line(Role.USER, "the parcel is here now"),), "en", "", ("the parcel is here now",))], 1
    )
    group = measure("copy", asked).report.groups[0]
    assert group.scores["bleu"] == pytest.approx(100)
    assert group.scores["rouge_l"] == pytest.approx(100)
    assert group.perplexity_token is group.perplexity_byte is group.token_accuracy is group.on_topic is None


def test_a_model_and_a_baseline_stand_on_one_page(tiny: Checkpoint, corpus: Path) -> None:
    short = replace(tiny, decoding=Decoding(max_tokens=6))
    findings = find([short], asking.load(corpus, ["shop"], "dev"), rule="copy")
    assert [report.model for report in findings.reports] == ["tiny@0", "copy"]
    assert {one.figure for one in findings.comparison} == {"bleu", "chrf", "rouge_l", "f1"}
    text = markdown.page(findings, [])
    assert "## tiny@0 against copy" in text
    assert "replies made by a rule, not by a model." in text
    assert text.count("On one thread of a CPU") == 1
    assert "a rule, not a model." in html.page(findings)
    (times,) = (plot for plot in plots(findings) if plot.name == "times")
    assert [line.get_label() for line in times.figure.axes[0].get_legend_handles_labels()[0]] == ["tiny@0"]
    told = json.loads(findings.to_json())
    assert told["against"]["rule"] is True
    assert told["against"]["groups"][0]["perplexity_byte"] is None


def test_a_folder_goes_before_a_baseline_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [rules.named(path) for path in (Path("copy"), Path("runs/copy"), Path("other"), None)] == [
        "copy",
        "",
        "",
        "",
    ]
    (tmp_path / "copy").mkdir()
    assert not rules.named(Path("copy"))


def test_the_command_measures_a_checkpoint_against_a_copy(tiny: Checkpoint, corpus: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    folder = tmp_path / "model"
    checkpoint.save(replace(tiny, decoding=Decoding(max_tokens=6)), folder)
    words = ["evaluate", str(folder), "--data", str(corpus), "--source", "shop", "--against", "copy"]
    told = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "report")])
    assert told.exit_code == 0, told.output
    assert "against copy" in told.output
    assert (tmp_path / "report" / "report.html").exists()
    wrong = CliRunner().invoke(app, [*words[:-1], "nonsense"])
    assert wrong.exit_code == 1
    assert "Error: " in wrong.output
