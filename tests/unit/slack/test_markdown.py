"""Any text for Slack: cut, escaped or shown as Markdown, and never a call or a masked link."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, Part, TextLimit
from bot.splitting import split
from connectors.slack.api import contents
from connectors.slack.escaping import escape, plain
from connectors.slack.gateway import Slack
from connectors.slack.markdown import marked, safe

PART = Part(Address("slack", "T1", "D1"), "", "key")
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
SIGNS = ["<", ">", "<!channel>", "<@U1>", "[a](https://b.c)", "**b**", "`c`", "|", "&amp;"]
MARKUP = st.lists(
    st.one_of(ANYTHING, st.sampled_from(SIGNS)),
    max_size=20,
).map("".join)


@given(MARKUP, st.integers(20, 200))
def test_the_parts_of_any_text_joined_are_the_text_after_slack_has_shown_them(text: str, size: int) -> None:
    parts = split(text, TextLimit(size))
    assert all(len(part) <= size for part in parts)
    shown = "".join(escape(part).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for part in parts)
    assert shown == "".join(parts)
    assert shown.split() == text.split()


@given(MARKUP)
def test_what_was_escaped_is_read_as_it_was(text: str) -> None:
    assert plain(escape(text), ()) == text.strip()


@given(MARKUP)
def test_no_text_calls_anybody_or_masks_a_link(text: str) -> None:
    sent = contents(PART, text)
    words = sent.get("markdown_text", sent.get("text", ""))
    assert not re.search(r"<[@#!]", words)
    assert not re.search(r"\[[^\]\[\n]+\]\([^\s()]+\)", words) or "text" in sent
    assert not re.search(r"<[^<>|\s]+\|[^<>]*>", words)


@pytest.mark.parametrize(
    ("text", "is_marked"),
    [
        ("Within **30** days", True),
        ("Use `x`", True),
        ("# Returns", True),
        ("- one\n- two", True),
        ("| a | b |", True),
        ("5 * 3 = 15", False),
        ("snake_case", False),
        ("hello", False),
        ("**" + "x" * 12_000, False),
    ],
)
def test_marks_are_told_from_plain_signs(text: str, is_marked: bool) -> None:
    assert marked(text) == is_marked
    assert ("markdown_text" in contents(PART, text)) == is_marked


def test_links_stand_beside_their_words() -> None:
    assert safe("see [here](https://a.b) and <https://c.d|there>") == "see here (https://a.b) and there (https://c.d)"
    assert safe("[https://a.b](https://a.b)") == "https://a.b"


def test_a_part_is_short_enough_for_both_ways() -> None:
    assert Slack.limit.size * len("&amp;") <= 40_000
    assert Slack.limit.size <= 12_000
