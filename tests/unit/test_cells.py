"""What a spreadsheet could take for a formula, whatever people write."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cells import STARTS, safe


@pytest.mark.parametrize("sign", STARTS)
def test_a_cell_that_would_begin_a_formula_is_shown_as_it_stands(sign: str) -> None:
    assert safe(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"
    assert safe(f"\x00{sign}1").startswith("'")


def test_blank_space_in_front_hides_no_formula() -> None:
    assert safe(" \n=1+1") == "' \n=1+1"


@pytest.mark.parametrize("text", ["", "hello", "1+1", "a=b", "'=1", "你好", "5", " plain"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


def test_what_is_not_there_is_empty() -> None:
    assert safe(None) == ""
    assert safe(5) == "5"
    assert safe(-5) == "'-5"


@given(st.text() | st.text(alphabet="=+-@\t\r\n ;,\"'\x00\ufeff一a"))
def test_whatever_is_written_no_cell_begins_a_formula_and_its_words_come_back(text: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([safe(text), "next"])
    [[cell, other]] = list(csv.reader(io.StringIO(file.getvalue(), newline="")))
    assert other == "next"
    assert not cell.lstrip().startswith(STARTS)
    assert cell.removeprefix("'").replace("\x00", "") in (text.replace("\x00", ""), text.replace("\x00", "")[1:])
