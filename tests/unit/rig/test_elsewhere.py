from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import elsewhere
from tests.faults.elsewhere import try_tests

TESTS = """
import pytest
def test_good(): pass
def test_bad(): assert not {bad}
def test_absent(): pytest.skip("no server")
"""


def write(monkeypatch: pytest.MonkeyPatch, folder: Path, bad: bool) -> None:
    (folder / "test_it.py").write_text(TESTS.format(bad=bad))
    (folder / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setattr(elsewhere, "ROOT", folder)
    monkeypatch.setattr(elsewhere, "ELSEWHERE", {"S1": ("test_it.py",), "S2": ("test_it.py::test_absent",)})


def test_a_row_whose_tests_pass_is_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(monkeypatch, tmp_path, bad=False)
    (row,) = try_tests("S1", tmp_path)
    assert (row.name, row.value, row.met) == ("S1: its tests", "2 passed, 0 failed, 1 skipped", True)


def test_one_that_fails_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(monkeypatch, tmp_path, bad=True)
    assert [row.met for row in try_tests("S1", tmp_path)] == [False]


def test_where_nothing_could_run_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(monkeypatch, tmp_path, bad=False)
    assert try_tests("S2", tmp_path) == try_tests("F1", tmp_path) == []


def test_tests_that_left_no_report_have_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(monkeypatch, tmp_path, bad=False)
    monkeypatch.setattr(elsewhere, "ELSEWHERE", {"S1": ("--no-such-flag",)})
    assert [row.met for row in try_tests("S1", tmp_path)] == [False]
