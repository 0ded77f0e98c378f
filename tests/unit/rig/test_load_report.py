from __future__ import annotations

import json
from pathlib import Path

from tests.load.report import BEGIN, END, Row, put_on_page, save

ROWS = [Row("webhooks", "0 refused", "0", True), Row("reply, ms", "", "12")]


def test_a_new_table_takes_the_place_of_the_last_one_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "load.md"
    page.write_text(f"Before.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n", "utf-8")
    for _ in range(2):
        put_on_page(ROWS, "Today.", ["steady"], page)
    text = page.read_text("utf-8")
    assert text.startswith("Before.\n\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old" not in text
    assert text.count("| webhooks | 0 refused | 0 | yes |") == 1
    assert "![steady](images/load-steady.png)" in text


def test_rows_are_kept_for_machines_and_for_people(tmp_path: Path) -> None:
    save(ROWS, "Today.", tmp_path / "load.json")
    assert json.loads((tmp_path / "load.json").read_text("utf-8"))[0] == {
        "name": "webhooks",
        "target": "0 refused",
        "value": "0",
        "met": True,
    }
    assert "| reply, ms |  | 12 |  |" in (tmp_path / "load.md").read_text("utf-8")
