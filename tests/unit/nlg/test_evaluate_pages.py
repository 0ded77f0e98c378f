from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from nlg import checkpoint
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding, Line, Role
from nlg.data.examples import Example
from nlg.evaluation.asking import Asked
from nlg.evaluation.findings import Findings, find
from nlg.evaluation.page import html, markdown
from nlg.evaluation.page.drawing import VARIABLES
from nlg.evaluation.page.plots import plots
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig
from nlg.tokenizer import ReplyTokenizer

NASTY = "</style><script>alert(1)</script> & <img src=x> | `**`"


class Page(HTMLParser):
    """What a browser would find: tags, identifiers, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def made(tokenizer: ReplyTokenizer, name: str, seed: int) -> Checkpoint:
    torch.manual_seed(seed)
    small = Seq2SeqConfig(vocab_size=tokenizer.size, embedding=8, encoder=8, decoder=8, attention_size=8)
    return Checkpoint(name, "seq2seq", Seq2Seq(small).eval(), tokenizer, 48, Decoding(max_tokens=5), version="0")


@pytest.fixture(scope="module")
def findings(tokenizer: ReplyTokenizer) -> Findings:
    long = [Line(role, f"line {at}") for at in range(4) for role in (Role.USER, Role.ASSISTANT)]
    examples = [
        Example((Line(Role.USER, NASTY),), "en", "a", (NASTY, "Another.")),
        Example((*long, Line(Role.USER, "And now?")), "en", "b", ("Wait.",)),
        Example((Line(Role.USER, "在哪"),), "zh", "a", ("请看{{tracking_page}}。",)),
    ]
    models = [made(tokenizer, "tiny", 1), made(tokenizer, "parrot", 2)]
    return find(models, Asked("shop.dev", examples, 9, examples), seed=4)


@pytest.fixture(scope="module")
def text(findings: Findings) -> str:
    return html.page(findings)


@pytest.fixture
def page(text: str) -> Page:
    return Page(text)


def test_a_page_runs_nothing_and_fetches_nothing(page: Page) -> None:
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert all(target.startswith("#") for target in page.fetched)


def test_texts_are_shown_as_they_are(page: Page) -> None:
    assert sum(NASTY in text for text in page.texts) == 2
    assert any("请看{{tracking_page}}。" in text for text in page.texts)
    assert any("5 earlier lines" in text for text in page.texts)


def test_identifiers_are_used_once_and_pictures_find_their_own_parts(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    assert {target[1:] for target in page.fetched} <= set(page.ids)
    assert page.tags.count("svg") == page.tags.count("figure") == 7


def test_a_page_is_dark_or_light_and_its_pictures_with_it(text: str) -> None:
    assert "prefers-color-scheme: dark" in text
    drawings = re.findall("<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 7
    for drawing in drawings:
        assert not re.search("fill: #(?!fff)|stroke: #(?!fff)|" + "|".join(VARIABLES), drawing)
        assert "var(--ink)" in drawing


def test_pictures_are_the_same_again(findings: Findings) -> None:
    one, again = next(plots(findings)), next(plots(findings))
    assert one.svg() == again.svg()
    assert one.png() == again.png()
    assert one.png().startswith(b"\x89PNG")


def test_all_pages_show_the_same_figures(findings: Findings, page: Page) -> None:
    told = json.loads(findings.to_json())
    bleu = f"{told['groups'][0]['scores']['bleu']:.1f}"
    assert f"| BLEU | {bleu} |" in markdown.figures(findings)
    assert bleu in page.texts
    assert told["against"]["model"].startswith("parrot@")
    assert {one["figure"] for one in told["comparison"]} == {"bleu", "chrf", "rouge_l", "f1"}
    assert len(told["samples"]) == 3
    assert told["total"] == 9


def test_markdown_says_what_was_compared_and_shows_samples_that_make_no_marks(findings: Findings) -> None:
    text = markdown.page(findings, [("scores.png", "Scores")])
    assert "![Scores](scores.png)" in text
    assert "against parrot@0" in text
    assert re.search(r"^\* bleu \(zh, first\): `nrefs:1\|.*tok:zh\|.*`$", text, re.MULTILINE)
    assert re.search(r"^\* distinct \(en, first; en, later; zh, first\): ", text, re.MULTILINE)
    assert "<script>" not in text
    assert text.count("*People: ") == 4


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.fixture
def model(tiny: Checkpoint, tmp_path: Path) -> Path:
    quick = replace(tiny, decoding=Decoding(max_tokens=6))
    checkpoint.save(quick, tmp_path / "model", {"recipe.toml": b'name = "x"\n[text]\nsources = ["shop"]\n[model]\n'})
    return tmp_path / "model"


def test_a_report_is_written_to_a_folder(app: typer.Typer, model: Path, corpus: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", str(model), "--data", str(corpus), "--against", str(model), "--limit", "4", "--seed", "2"]
    told = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out"), "--json"])
    assert told.exit_code == 0, told.output
    printed, kept = json.loads(told.stdout), json.loads((tmp_path / "out" / "report.json").read_text())
    assert printed == kept
    assert (kept["examples"], kept["total"], kept["seed"]) == (4, 8, 2)
    assert all(one["p"] == 1 for one in kept["comparison"])
    page = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\]\((\S+\.png)\)", page)
    assert pictures
    assert all((tmp_path / "out" / name).is_file() for name in pictures)
    assert "<!doctype html>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_checkpoint_without_a_recipe_is_asked_what_is_named(
    app: typer.Typer, tiny: Checkpoint, corpus: Path, tmp_path: Path
) -> None:
    checkpoint.save(replace(tiny, decoding=Decoding(max_tokens=6)), tmp_path / "bare")
    arguments = ["evaluate", str(tmp_path / "bare"), "--data", str(corpus)]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    told = CliRunner().invoke(app, [*arguments, "--source", "shop"])
    assert told.exit_code == 0, told.output
    assert "| perplexity a byte |" in told.stdout


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--split", "nowhere"], "Say where the data is with --data"),
        (["--against", "nothing-here"], "not a folder with a checkpoint"),
        (["--out", "{file}/x"], "cannot be written"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(
    app: typer.Typer, model: Path, corpus: Path, more: list[str], sentence: str
) -> None:
    file = corpus / "shop.dev.jsonl"
    arguments = ["evaluate", str(model), "--data", str(corpus), *(argument.format(file=file) for argument in more)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert sentence in " ".join(told.output.split())
