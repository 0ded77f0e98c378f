"""Over whatever cases are in the folder, and over the matrix: each row is tried, or it is said that it is not."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.plugins import load_plugin, plugin_names
from tests.faults import cases
from tests.faults.matrix import ELSEWHERE, MATRIX, cases_of, rows_of
from tests.faults.options import Options
from tests.faults.trial import PLACES

ROOT = Path(__file__).parents[2]
NAMES = plugin_names(cases)
TABLE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_which_rows_it_tries_and_how_large_it_is(name: str) -> None:
    case = load_plugin(cases, name)
    assert case.__doc__
    assert rows_of(name)
    assert set(rows_of(name)) <= set(MATRIX)
    assert inspect.iscoroutinefunction(case.run)
    sizes = [case.options(Options(store, broker)) for store, broker in PLACES]
    assert any(sizes), "it can be tried nowhere"
    assert all(size is None or size.workers == 0 for size in sizes[2:]), "an embedded bot has no workers"


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(load_plugin(cases, name), "strike")])
def test_a_fault_that_may_come_at_any_time_is_one_call(name: str) -> None:
    strike = load_plugin(cases, name).strike
    assert list(inspect.signature(strike).parameters) == ["stage", "dice"]
    assert inspect.iscoroutinefunction(strike)


@pytest.mark.parametrize("row", MATRIX)
def test_each_row_is_tried_or_left_aside_with_a_reason(row: str) -> None:
    tried = [name for name in NAMES if row in rows_of(name)]
    assert tried or row in ELSEWHERE


@pytest.mark.parametrize("row", MATRIX)
def test_the_page_has_a_line_for_each_row_and_names_what_tries_it(row: str) -> None:
    (line,) = re.findall(rf"^\| {row} \|.*$", TABLE, re.MULTILINE)
    for name in [name for name in NAMES if row in rows_of(name)]:
        assert f"`{name}`" in line
    for test in ELSEWHERE.get(row, ()):
        assert Path(test.partition("::")[0]).name in line


@pytest.mark.parametrize("test", sorted({test for tests in ELSEWHERE.values() for test in tests}))
def test_a_test_that_holds_a_row_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text("utf-8") if name else (ROOT / path).is_file()


def test_a_row_is_asked_for_in_small_letters_too_and_a_case_by_its_name() -> None:
    assert cases_of("f9") == cases_of("F9") == ["database"]
    assert cases_of("kill") == ["kill"]
    assert cases_of("S10") == []


@pytest.mark.parametrize("asked", ["F26", "nothing"])
def test_what_cannot_be_tried_is_a_clear_error(asked: str) -> None:
    with pytest.raises(SettingsError, match=r"There is no|Nothing tries"):
        cases_of(asked)
