"""Streams of other servers, cut anywhere and full of surprises."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writers.openai.events import LONGEST_LINE, Event, events, read_event
from bot.writers.openai.growing import Growing
from nlg.contract import WritingError


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(*pieces: bytes) -> list[Event]:
    return [event async for event in events(in_pieces(*pieces))]


def chunk(text: str, **more: object) -> bytes:
    value = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more}
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


async def test_text_finish_and_usage_come_out():
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
    told = await read(
        chunk("Hel"), chunk("lo", model="m"), f"data: {json.dumps(end)}\n\n".encode(), b"data: [DONE]\n\n"
    )
    assert [event.text for event in told] == ["Hel", "lo", ""]
    assert (told[1].model, told[2].finish, told[2].read, told[2].written) == ("m", "stop", 9, 2)


async def test_what_follows_the_end_is_not_read():
    assert await read(chunk("a"), b"data: [DONE]\n\n", b"data: {broken\n\n") == [Event("a")]


async def test_comments_other_fields_and_carriage_returns_are_taken():
    stream = b": keep-alive\r\nevent: message\r\nid: 1\r\n" + chunk("a").replace(b"\n", b"\r\n")
    assert await read(stream) == [Event("a")]


async def test_an_event_may_have_several_lines_of_data():
    assert await read(b'data: {"choices":\ndata: [{"delta": {"content": "a"}}]}\n\n') == [Event("a")]


async def test_the_last_event_needs_no_blank_line():
    assert await read(chunk("a").rstrip()) == [Event("a")]


async def test_usage_may_come_in_an_event_of_its_own():
    (told,) = await read(b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}\n\n')
    assert (told.text, told.read, told.written) == ("", 3, 4)


@pytest.mark.fuzz
@given(st.lists(st.text(), max_size=5), st.data())
async def test_a_stream_may_be_cut_anywhere(texts, data):
    stream = b"".join(map(chunk, texts)) + b"data: [DONE]\n\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event.text for event in await read(*pieces)] == texts


@pytest.mark.parametrize(
    "data",
    ["", "{", "[]", "17", "null", '"x"', '{"choices": 1}', '{"choices": [{"delta": {"content": 5}}]}', "[" * 100_000],
)
def test_what_is_no_completion_is_an_error_that_quotes_nothing(data):
    with pytest.raises(WritingError, match="the server's answer"):
        read_event(data)


def test_an_error_in_the_stream_is_an_error_that_quotes_nothing():
    with pytest.raises(WritingError) as caught:
        read_event('{"error": {"message": "your pin is 8642"}}')
    assert "8642" not in str(caught.value)


@pytest.mark.fuzz
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(
    st.sampled_from(["choices", "delta", "message", "content", "usage", "model", "finish_reason", "prompt_tokens"]), v
)))  # fmt: skip
def test_any_json_is_an_event_or_a_refusal(value):
    try:
        assert isinstance(read_event(json.dumps(value)), Event)
    except WritingError:
        return


async def test_a_line_without_end_is_refused():
    with pytest.raises(WritingError, match="end of a line"):
        await read(b"data: " + b"x" * LONGEST_LINE + b"x")


FAMILY = "👩‍👩‍👧"


def grown(pieces):
    chunks: list[str] = []
    growing = Growing(chunks.append)
    for piece in pieces:
        growing.add(piece)
    return chunks, growing.end()


def test_no_chunk_ends_in_half_a_grapheme():
    chunks, text = grown([*FAMILY, *" e\u0301", "!"])
    assert text == f"{FAMILY} e\u0301!"
    assert chunks == [FAMILY, " e\u0301", "!"]


@given(st.lists(st.text(st.sampled_from("ab \n👩\u200d👧\u0301你🇩🇪")), max_size=10))
def test_chunks_join_to_the_text_without_blanks_at_its_ends(pieces):
    chunks, text = grown(pieces)
    assert "".join(chunks) == text == "".join(pieces).strip()
    assert "" not in chunks
