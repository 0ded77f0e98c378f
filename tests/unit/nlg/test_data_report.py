from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from nlg.data import reading
from nlg.data.progress import bar
from nlg.data.report import terminal
from nlg.data.report.lengths import Lengths
from nlg.data.report.plots import picture
from nlg.data.report.survey import Survey, Surveyor
from nlg.data.rules import Limits, chosen_rules
from nlg.data_cli import register
from nlg.fonts import families
from nlg.tokenizer import ReplyTokenizer

ROOT = Path(__file__).parents[3]


def record(number: int, *texts: str, lang: str = "en", domain: str = "orders") -> dict[str, object]:
    turns = [{"role": ("user", "assistant")[at % 2], "text": text} for at, text in enumerate(texts)]
    return {"id": str(number), "lang": lang, "domain": domain, "turns": turns}


RECORDS = [
    record(1, "Where is it?", "On its way."),
    record(2, "Where is it?", "On its way."),
    record(3, "在哪", "路上。", "好", "再见。", lang="zh", domain="物流"),
    record(4, "[red]mail me[/red]: anna@mail.example | <b>", "No."),
    record(5, "Hello", "您好，请问有什么可以帮您？"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "shop.train.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    return path


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.fixture
def vocabulary(tokenizer: ReplyTokenizer, tmp_path: Path) -> Path:
    path = tmp_path / "model" / "tokenizer.json"
    path.parent.mkdir()
    path.write_text(tokenizer.to_json(), encoding="utf-8")
    return path.parent


def survey(path: Path, examples: int = 5) -> Survey:
    return Surveyor(chosen_rules(Limits()), len, examples).survey(path.name, reading.rows(path))


def test_a_survey_counts_what_is_in_a_file(data: Path) -> None:
    made = survey(data)
    told = made.to_json()
    assert (told["rows"], told["schemas"], told["topic_count"]) == (5, {"dialogue": 5}, 2)
    assert told["topics"] == {"orders": 4, "物流": 1}
    assert told["turns"]["mean"] == 2.4
    assert told["texts"]["assistant"]["characters"]["max"] == len("您好，请问有什么可以帮您？")
    assert {"label": "en", "seen": "zh", "rows": 1} in told["languages"]
    assert told["reasons"] == {"duplicate": 1, "personal data: e-mail": 1, "labelled en, looks zh": 1}
    assert told["suspect"] == 3


def test_examples_are_few_drawn_from_all_rows_and_the_same_each_time(data: Path) -> None:
    assert len(survey(data, 2).examples) == 2
    assert survey(data, 2).examples == survey(data, 2).examples
    assert survey(data, 0).examples == []
    drawn = [Surveyor([], None, 1, seed).survey("x", reading.rows(data)).examples[0] for seed in range(60)]
    assert len({lines[0].text for lines in drawn}) == 4  # the first two rows are equal


def test_a_survey_without_a_tokenizer_has_no_tokens(data: Path) -> None:
    made = Surveyor([], None, 0).survey("x", reading.rows(data))
    assert "tokens" not in made.to_json()["texts"]["user"]


@given(st.lists(st.integers(0, 50), min_size=1), st.floats(0, 1))
def test_a_quantile_is_what_sorting_would_find(values: list[int], share: float) -> None:
    lengths = Lengths()
    for value in values:
        lengths.add(value)
    found = lengths.quantile(share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert found == min(values) or sum(value < found for value in values) < share * len(values)
    assert lengths.mean == pytest.approx(sum(values) / len(values))


def test_texts_are_no_markup_in_the_terminal(data: Path) -> None:
    out = io.StringIO()
    terminal.show([survey(data)], Console(file=out, width=100))
    assert "[red]mail me[/red]: [e-mail] | <b>" in out.getvalue()


@pytest.mark.parametrize("records", [RECORDS, RECORDS[2:3], [record(1, "x")]])
def test_a_picture_is_drawn_of_any_file(tmp_path: Path, records: list[object]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    drawn = picture(survey(path))
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 10_000


def test_chinese_is_drawn_in_a_font_of_its_own_after_the_latin_one() -> None:
    here = ["Arial", "Noto Sans CJK JP", "Noto Sans CJK SC", "DejaVu Sans Mono", "Noto Sans Thai"]
    assert families(here) == ["DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP"]


def test_a_report_is_shown_and_written(app: typer.Typer, data: Path, vocabulary: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    told = CliRunner().invoke(
        app, ["data", "report", str(data), str(data), "--out", str(out), "--tokenizer", str(vocabulary)]
    )
    assert told.exit_code == 0, told.output
    assert "What cleaning would leave out" in told.output
    page = (out / "report.md").read_text("utf-8")
    assert "personal data: e-mail" in page
    assert "anna" not in page + told.output + (out / "report.json").read_text("utf-8")
    assert "\\<b\\>" in page
    assert [one["rows"] for one in json.loads((out / "report.json").read_text("utf-8"))] == [5, 5]
    assert "tokens" in json.loads((out / "report.json").read_text("utf-8"))[0]["texts"]["user"]
    assert {path.name for path in out.iterdir()} == {"report.md", "report.json", "plot-1.png", "plot-2.png"}
    assert all(f"]({name})" in page for name in ("plot-1.png", "plot-2.png"))


def test_a_file_is_cleaned_from_the_command_line(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "clean.jsonl.gz"
    told = CliRunner().invoke(app, ["data", "clean", str(data), "--out", str(out), "--allow", "wrong_language"])
    assert told.exit_code == 0, told.output
    assert "5 rows read, 3 kept, 2 left out" in told.output
    assert [row.record["id"] for row in reading.rows(out)] == ["1", "3", "5"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["report", "none.jsonl"], "none.jsonl does not exist"),
        (["report", "{data}", "--tokenizer", "{data}"], "is no tokenizer"),
        (["report", "{data}", "--allow", "x"], "There is no rule x"),
        (["clean", "{data}", "--out", "{data}"], "is there already"),
        (["clean", "{data}", "--out", "out.csv"], "Call it .jsonl"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(
    app: typer.Typer, data: Path, arguments: list[str], sentence: str
) -> None:
    told = CliRunner().invoke(app, ["data", *(argument.format(data=data) for argument in arguments)])
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert sentence in " ".join(told.output.split())


@pytest.mark.parametrize("command", ["report", "clean"])
def test_each_command_shows_examples(app: typer.Typer, command: str) -> None:
    told = CliRunner().invoke(app, ["data", command, "--help"])
    assert told.exit_code == 0
    assert told.output.count(f"palaver data {command}") >= 2


def test_the_commands_need_no_torch_even_when_they_run() -> None:
    code = (
        "import sys, typer, nlg.data_cli; nlg.data_cli.register(typer.Typer())\n"
        "import nlg.data.commands; from nlg.data import reading; reading.all_formats(); reading.all_schemas()\n"
        "print('torch' in sys.modules, 'matplotlib' in sys.modules, 'pyarrow' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout == "False False False\n"


def test_the_bar_moves_on_a_terminal_and_is_silent_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes(b"x" * 300_000)
    for terminal_here in (True, False):
        out = io.StringIO()
        with bar(path, Console(file=out, force_terminal=terminal_here, width=100)) as watch:
            watch(150_000)
        assert ("big.jsonl" in out.getvalue()) == terminal_here
