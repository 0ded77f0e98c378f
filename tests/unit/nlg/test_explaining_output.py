"""What a person gets to see: the command, the JSON, the table and the picture."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
import typer
from matplotlib.text import Text
from rich.console import Console
from typer.testing import CliRunner

from nlg import checkpoint, fonts
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Line, Role
from nlg.explaining import terminal
from nlg.explaining.explain import explain
from nlg.explaining.explanation import SCHEMA, Choice, Explanation, Layer, Piece, Row, Step, Topic
from nlg.explaining.picture import CELL, figure, picture
from nlg.explaining.shown import MOST_STEPS, Shown
from nlg.fonts import missing

DOCS = Path(__file__).parents[3] / "docs" / "models.md"


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.fixture
def folder(tiny: Checkpoint, tmp_path: Path) -> Path:
    checkpoint.save(tiny, tmp_path / "model")
    return tmp_path / "model"


def step(text: str, attention: Row | None = None, *others: Choice) -> Step:
    return Step(40, text, False, (1, 1), 0.25, 2, 1.5, others, attention, ((attention,),) if attention else ())


def explanation(*steps: Step, context: tuple[str, ...] = ("where", " is", " it"), layers: bool = True) -> Explanation:
    pieces = (Piece("user", (4,), mark=True), *(Piece(text, (50,)) for text in context))
    known = (Layer("attention", 1),) if layers else ()
    return Explanation("m@1", "seq2seq", "en", pieces, "ok", "end", -0.5, None, known, steps, ("Mind this.",))


LOOKED = Row((0.1, 0.2, 0.3, 0.15), 0.25)


def told(tiny: Checkpoint, text: str, reply: str) -> Explanation:
    return explain(tiny, (Line(Role.USER, text),), reply=reply)


def test_the_json_is_plain_and_says_its_version(tiny: Checkpoint) -> None:
    wire = json.loads(told(tiny, "where is 鑫", "ok").to_json())
    assert wire["schema"] == SCHEMA
    assert wire["context"][-1] == {"text": "鑫", "tokens": tiny.tokenizer.encode("鑫"), "mark": False}
    for one in wire["steps"]:
        assert sum((*one["attention"]["context"], one["attention"]["reply"])) == pytest.approx(1, abs=1e-3)
    assert len(wire["steps"][0]["heads"]) == len(wire["layers"]) == 1


def test_heads_can_be_left_out_of_the_json(tiny: Checkpoint) -> None:
    wire = told(tiny, "where", "ok").to_wire(heads=False)
    assert all(one["heads"] == [] and one["attention"] for one in wire["steps"])


def test_the_documentation_knows_every_field_of_the_json() -> None:
    page = DOCS.read_text(encoding="utf-8")
    section = page[page.index("### The JSON") : page.index("## What a checkpoint is")]
    names = {entry.name for kind in (Explanation, Step, Choice, Row, Layer, Topic, Piece) for entry in fields(kind)}
    assert f'"schema": "{SCHEMA}"' in section
    assert names | {"attention_summary"} <= set(re.findall(r"`(\w+)`", section))


def drawn(told: Explanation) -> tuple[int, int]:
    height, width = matplotlib.image.imread(io.BytesIO(picture(told)), format="png").shape[:2]
    return width, height


def test_a_picture_has_room_for_each_token_and_each_piece() -> None:
    small = explanation(*[step("a", LOOKED)] * 30)
    wide, high = drawn(small)
    more = explanation(*[step("a", Row((0.1,) * 31, 0.25))] * 60, context=("x",) * 30)
    wider, higher = drawn(more)
    assert wider - wide == pytest.approx(30 * CELL * 100, abs=3)
    assert higher - high == pytest.approx(27 * CELL * 100, abs=3)


def test_a_very_long_reply_and_context_stay_a_picture_that_can_be_opened() -> None:
    row = Row((*(0.0,) * 500, 1.0), 0.0)
    long = explanation(*[step("a", row)] * 1000, context=("x",) * 500)
    shown = Shown.of(long)
    assert len(shown.steps) == MOST_STEPS
    assert 500 in shown.places
    assert shown.places == sorted(shown.places)
    assert max(drawn(long)) < 5000


def test_texts_that_look_like_formulas_or_codes_are_drawn_as_they_stand() -> None:
    told = explanation(step("$\\frac{", LOOKED, Choice(3, "$x_", False, 0.5)), context=("$a$", "\x1b[2J", "\u202eabc"))
    assert drawn(replace(told, topic=Topic("$\\bad{", 0.5, (Choice(9, "$", True, 0.1),))))


def test_a_picture_needs_no_attention() -> None:
    assert drawn(explanation(step("a"), layers=False))[1] < drawn(explanation(step("a", LOOKED)))[1]


def test_signs_without_a_font_are_numbered_and_the_picture_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_names", set)
    monkeypatch.setattr(fonts, "_found_anew", set)
    assert missing("a快é") == {"快"}
    texts = all_texts(explanation(step("递", LOOKED, Choice(3, "的", False, 0.5)), context=("快", " is", "it")))
    assert {"#1", "#0", "? 50%", "␣is"} <= texts
    assert any("No font of this machine" in text for text in texts)
    assert not any("No font" in text for text in all_texts(explanation(step("a", LOOKED))))


@pytest.mark.skipif(bool(missing("快")), reason="this machine has no font with Chinese signs")
def test_chinese_signs_are_drawn_where_there_is_a_font() -> None:
    texts = all_texts(explanation(step("递", LOOKED), context=("快", "在", "哪")))
    assert {"快", "递"} <= texts


def all_texts(told: Explanation) -> set[str]:
    with fonts.in_use():
        made = figure(Shown.of(told))
    found: list[Any] = made.findobj(Text)
    return {line for text in found for line in text.get_text().split("\n")}


def shown(told: Explanation) -> str:
    out = io.StringIO()
    terminal.show(told, Console(file=out, width=160))
    return out.getvalue()


def test_the_table_tells_odds_others_and_where_it_looked() -> None:
    other = Choice(9, " mine", False, 0.125)
    text = shown(replace(explanation(step(" my", LOOKED, other)), topic=Topic("orders", 0.75, (other,))))
    assert "Topic: orders 75%; else  mine 12%" in text
    row = next(line for line in text.splitlines() if line.lstrip().startswith("␣my"))
    assert row.split() == ["␣my", "25.0%", "2", "1.5", "bits", "␣mine", "12%", "␣is", "30%,", "(its", "own",
                           "words)", "25%,", "where", "20%"]  # fmt: skip
    assert "Mind this." in text


def test_a_reply_cannot_command_the_terminal() -> None:
    text = shown(replace(explanation(step("\x1b[31m[red]x", LOOKED)), reply="\x1b]0;gone\x07[bold]hi[/bold]"))
    assert "\x1b" not in text
    assert "[bold]hi[/bold]" in text


def run(app: typer.Typer) -> Callable[..., Any]:
    return lambda *told: CliRunner().invoke(app, ["explain", *map(str, told)])


def test_the_command_writes_picture_and_figures(app: typer.Typer, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "why" / "this"
    done = run(app)("where is my parcel", "--model", folder, "--out", out, "--language", "en")
    assert done.exit_code == 0, done.output
    assert "entropy" in done.stdout
    assert json.loads((out / "explanation.json").read_text("utf-8"))["language"] == "en"
    assert (out / "explanation.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_explains_a_given_reply_as_json(app: typer.Typer, folder: Path) -> None:
    done = run(app)("我的快递在哪里", "--model", folder, "--reply", "请看", "--json", "--alternatives", 2)
    told = json.loads(done.stdout)
    assert (told["finish"], told["reply"]) == ("given", "请看")
    assert {len(one["alternatives"]) for one in told["steps"]} == {2}


@pytest.mark.parametrize(
    ("more", "said"), [(["--reply", ""], "nothing to explain"), (["--out", "{model}/config.json"], "cannot be written")]
)
def test_what_cannot_be_done_is_one_line(app: typer.Typer, folder: Path, more: list[str], said: str) -> None:
    done = run(app)("hi", "--model", folder, *(one.format(model=folder) for one in more))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr


def test_help_shows_examples(app: typer.Typer) -> None:
    assert 'palaver explain "Where is my parcel?"' in run(app)("--help").stdout
