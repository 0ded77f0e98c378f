"""Offsets count UTF-16 code units; whatever stands around a mention, exactly the mention goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, User

from connectors.telegram.standin.world import units, words
from connectors.telegram.wording import COMMAND, blank, mentions, without

US, NAME = 42, "standin_bot"
ASTRAL = st.text(st.sampled_from("ab 你好.,\n😀👨‍👩‍👧🏽𝒳é𠮷"), max_size=20)


def entity(kind: str, offset: int, length: int, user: int | None = None) -> MessageEntity:
    return MessageEntity(kind, offset, length, user=None if user is None else User(user, "Bot", True))


@given(ASTRAL, ASTRAL, st.sampled_from(["@standin_bot", "@Standin_Bot"]))
def test_a_mention_is_found_and_cut_among_any_characters(before: str, after: str, mention: str) -> None:
    marks = [entity("mention", units(before), units(mention))]
    places = mentions(before + mention + after, marks, US, NAME)
    assert places == [(units(before), units(before + mention))]
    left = without(before + mention + after, places)
    assert mention not in left
    ours = [char for char in left if not char.isspace()]
    theirs = [char for char in before + after if not char.isspace()]
    assert ours == theirs[len(theirs) - len(ours) :]
    assert set(theirs[: len(theirs) - len(ours)]) <= set(",.") if not before.strip() else ours == theirs


@given(ASTRAL, st.text(st.sampled_from("你😀𠮷 "), min_size=1, max_size=5), ASTRAL)
def test_a_text_mention_of_us_is_found_by_id_whatever_it_says(before: str, shown: str, after: str) -> None:
    text = before + shown + after
    ours = entity("text_mention", units(before), units(shown), US)
    theirs = entity("text_mention", units(before), units(shown), US + 1)
    assert mentions(text, [ours], US, NAME) == [(units(before), units(before + shown))]
    assert mentions(text, [theirs], US, NAME) == []


@pytest.mark.fuzz
@given(ASTRAL, st.integers(-50, 100), st.integers(-50, 100))
def test_an_entity_that_points_anywhere_mentions_nobody(text: str, offset: int, length: int) -> None:
    assert mentions(text, [entity("mention", offset, length)], US, NAME) == []


@given(ASTRAL)
def test_the_name_alone_is_no_mention_without_an_entity(text: str) -> None:
    whole = f"{text} @standin_bot"
    kinds = ("code", "url", "email", "bold", "pre")
    marks = [entity(kind, units(text) + 1, units("@standin_bot")) for kind in kinds]
    assert mentions(whole, marks, US, NAME) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@standin_bot hello", "hello"),
        ("@standin_bot, hello", "hello"),
        ("@standin_bot：你好", "你好"),
        ("hi @standin_bot and you?", "hi and you?"),
        ("hi @standin_bot", "hi"),
        ("hi @standin_bot, you", "hi, you"),
        ("one\n@standin_bot two", "one\ntwo"),
        ("@standin_bot @standin_bot twice", "twice"),
        ("ask @other_bot or @standin_bot", "ask @other_bot or"),
        ("👨‍👩‍👧 hi @standin_bot and you?", "👨‍👩‍👧 hi and you?"),
        ("@standin_bot", ""),
    ],
)
def test_what_is_left_reads_as_if_it_had_never_been_there(text: str, left: str) -> None:
    marks = [MessageEntity(**mark) for mark in words(text)["entities"]]
    assert without(text, mentions(text, marks, US, NAME)) == left


@given(ASTRAL)
def test_without_a_mention_a_text_stays_as_it_is(text: str) -> None:
    assert without(text, []) == text


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b \u2060", "\u3164", "\u2800\u2800", "\ufeff\u00a0"])
def test_nothing_to_see_is_blank(text: str) -> None:
    assert blank(text)


@pytest.mark.parametrize("text", ["a", ".", "😀", "\u200ba", "0", "\u0301"])
def test_anything_to_see_is_not_blank(text: str) -> None:
    assert not blank(text)


@pytest.mark.parametrize(
    ("text", "name", "target"),
    [
        ("/help", "help", None),
        ("/help@standin_bot please", "help", "standin_bot"),
        ("/help, please", "help", None),
        ("/start 你好", "start", None),
    ],
)
def test_a_command_is_read(text: str, name: str, target: str | None) -> None:
    found = COMMAND.match(text)
    assert found is not None
    assert found.groups() == (name, target)


@pytest.mark.parametrize("text", ["/usr/bin/python", "/ help", "help", " /help", "/a@b/c", "/", "/1</b>", "/help@"])
def test_what_only_looks_like_a_command_is_text(text: str) -> None:
    assert COMMAND.match(text) is None
