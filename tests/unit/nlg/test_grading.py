"""What a person thought of replies, and how a card tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nlg import checkpoint, cli, grading, manifest
from nlg.errors import CheckpointError
from nlg.grading import Graded
from nlg.training.run import Silence, train

LINES = [
    Graded("en", "Where is it?", "On its way.", "vague"),
    Graded("en", "Cash?", "No, card.", "helpful"),
    Graded("zh", "在哪", "路上", "broken"),
]


def lines(graded: list[Graded]) -> bytes:
    told = ({name: getattr(one, name) for name in Graded.__slots__} for one in graded)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told).encode()


def test_what_was_graded_is_read_as_it_was_written() -> None:
    assert grading.read(lines(LINES)) == LINES


def test_a_card_counts_each_grade_in_each_language_and_shows_all_replies() -> None:
    text = "\n\n".join(grading.section(LINES))
    assert "| grade | en, of 2 | zh, of 1 |" in text
    assert "| helpful | 1 | 0 |" in text
    assert "| broken | 0 | 1 |" in text
    assert all(one.question in text and f"{one.reply} *({one.grade})*" in text for one in LINES)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"language": "en", "question": "a", "reply": "b", "grade": "lovely"}', "line 2: 'lovely' is no grade"),
        ('{"language": "en", "question": "a"}', "line 2: .*needs language, question, reply and grade"),
        ("[1]", "line 2: .*needs language"),
        ("{", "line 2: .*needs language"),
    ],
)
def test_a_line_without_sense_is_named(line: str, complaint: str) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        grading.read(lines(LINES[:1]) + line.encode())


def test_a_card_is_written_anew_with_what_was_graded(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    folder = train(recipe, corpus, tmp_path / "run", Silence())
    app = typer.Typer()
    cli.register(app)
    (tmp_path / "mine.jsonl").write_bytes(lines(LINES))
    for more in ([], ["--graded", str(tmp_path / "mine.jsonl")], []):
        told = CliRunner().invoke(app, ["card", str(folder), "--data", str(corpus), *more])
        assert told.exit_code == 0, told.output
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "## Read and graded" in card
    assert checkpoint.load(folder).version == manifest.read(folder)[1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: No such file"):
        grading.file(tmp_path / "none.jsonl")
