from __future__ import annotations

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, Kind
from bot.untrusted import Unusable
from connectors.web.messages import LONGEST, TooLong, to_command, to_message

HERE = Address("web", "local", "c" * 40)
ID = str(uuid4())


def read(**posted):
    return to_message(HERE, json.dumps({"id": ID, **posted}).encode())


def test_a_text_becomes_a_message_of_this_conversation():
    message = read(text="  Where is my order?\n", language="zh")
    assert (message.address, message.text, message.kind) == (HERE, "  Where is my order?\n", Kind.TEXT)
    assert (message.key, message.platform_id, message.sender) == (f"{HERE.chat}:{ID}", ID, HERE.chat)
    assert (message.language, message.private) == ("zh", True)


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/help", "help", ""),
        (" /RESET ", "reset", ""),
        ("/start  from the\nmail ", "start", "from the\nmail"),
        ("/odd_2", "odd_2", ""),
    ],
)
def test_a_slash_makes_a_command(text, command, argument):
    message = read(text=text)
    assert (message.kind, message.command, message.argument, message.text) == (Kind.COMMAND, command, argument, text)


@pytest.mark.parametrize(
    "text", ["/", "/home/me/file", "//x", "/2", "and/or", "see /help", "/忘记", "/é", "/" + "a" * 65]
)
def test_what_only_looks_like_a_command_is_text(text):
    assert read(text=text).kind is Kind.TEXT


def test_a_button_is_a_command():
    message = to_command(HERE, json.dumps({"id": ID, "language": "en"}).encode(), "stop")
    assert (message.kind, message.command, message.text, message.key) == (
        Kind.COMMAND,
        "stop",
        "/stop",
        f"{HERE.chat}:{ID}",
    )


@pytest.mark.parametrize(
    "posted",
    [
        {"id": ID},
        {"id": ID, "text": ""},
        {"id": ID, "text": " \n\t"},
        {"id": ID, "text": 5},
        {"id": ID, "text": ["a"]},
        {"text": "a"},
        {"id": "", "text": "a"},
        {"id": 7, "text": "a"},
        {"id": ID.upper() + "x", "text": "a"},
        {"id": ID + "\n", "text": "a"},
        {"id": "٠" * 8 + ID[8:], "text": "a"},
        {"id": ID, "text": "a\x00b"},
        {"id": ID, "text": "\ud800"},
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(posted):
    with pytest.raises(Unusable, match=r"text|id"):
        to_message(HERE, json.dumps(posted).encode())


@pytest.mark.parametrize("char", ["a", "中", "🙂"])
def test_the_limit_counts_characters_whatever_their_bytes(char):
    assert read(text=char * LONGEST).text == char * LONGEST
    with pytest.raises(TooLong, match="4001"):
        read(text=char * (LONGEST + 1))


@pytest.mark.parametrize("language", ["de", "", None, 5, ["en"], {"en": 1}])
def test_an_unknown_language_is_none(language):
    assert read(text="a", language=language).language == ""


@pytest.mark.fuzz
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body):
    for make in (to_message, lambda address, body: to_command(address, body, "stop")):
        try:
            make(HERE, body)
        except Unusable:
            continue


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3))


@pytest.mark.fuzz
@given(st.fixed_dictionaries({}, optional={"id": JSON | st.just(ID), "text": JSON, "language": JSON}))
def test_no_json_raises_anything_else(posted):
    try:
        message = to_message(HERE, json.dumps(posted).encode())
    except Unusable:
        return
    assert message.text == posted["text"]
    assert message.language in ("", "en", "zh")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50))
def test_a_text_is_kept_as_it_was_written(text):
    if text.strip():
        assert read(text=text).text == text
