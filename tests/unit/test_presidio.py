"""Presidio as a way to redact: with the real library where it is installed, and a clear word where it is not."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from bot.errors import SettingsError
from bot.redaction import clean, redactor
from bot.redactors import rules

with_library = pytest.mark.skipif(
    find_spec("presidio_analyzer") is None, reason="pip install 'palaver[presidio]' brings the library"
)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bot.redactors.presidio", raising=False)
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(SettingsError, match=r"pip install 'palaver\[presidio\]'"):
        redactor("presidio")


@with_library
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("send it to DE89 3704 0044 0532 0130 00", "send it to [account]"),
        ("I was at 203.0.113.7", "I was at [ip address]"),
        ("my social security number is 536-90-4399", "my social security number is [id number]"),
        ("to 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ please", "to [crypto] please"),
        ("write to sarah@example.org, 4111 1111 1111 1111", "write to [e-mail], [card]"),
        ("I am Sarah Lund. Where is {{tracking_page}}?", "I am [name]. Where is {{tracking_page}}?"),
        ("我叫王小明，电话13812345678", "我叫[name]，电话[telephone]"),
        ("see https://example.org/orders on Monday", "see https://example.org/orders on Monday"),
        ("order A-10482, 3 of 12", "order A-10482, 3 of 12"),
        ("", ""),
    ],
)
def test_it_finds_what_the_rules_find_and_more(said: str, told: str) -> None:
    assert redactor("presidio").redact([said]) == [told]


@with_library
def test_a_record_says_by_which_ways_it_was_redacted() -> None:
    way = redactor("presidio")
    assert f"presidio-1+{rules.STATE}" == way.STATE
    assert clean({"content": "from 203.0.113.7", "id": "203.0.113.7"}, way)["id"] == "203.0.113.7"
