"""Figures are put where a document shows them, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.documenting import document
from tests.benchmarks.measures import Measurement


def test_only_what_stands_between_the_marks_of_its_name_is_replaced(tmp_path: Path) -> None:
    page, other = tmp_path / "a.md", tmp_path / "b.md"
    marks = "<!-- measured: {} -->\nold\n<!-- end -->\n"
    page.write_text(f"before\n{marks.format('faces')}after\n{marks.format('road')}")
    other.write_text("nothing here\n")
    assert document("faces", Measurement("What is felt", [{"face": "web", "ms": 7}]), tmp_path) == [page]
    told = page.read_text()
    assert "What is felt. Measured on " in told
    assert "| face | ms |\n| --- | --- |\n| web | 7 |\n<!-- end -->\nafter" in told
    assert told.endswith(marks.format("road"))
