"""One update, as bytes, ends in the inbox: as an event or as a reject, never as an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot

from bot.errors import StoreDown
from connectors.telegram.courtesy import Courtesy
from connectors.telegram.intake import take
from connectors.telegram.listening import Me

PERSON = {"id": 7, "is_bot": False, "first_name": "Ann"}
MESSAGE = {"message_id": 5, "date": 1_700_000_000, "from": PERSON, "chat": {"id": 7, "type": "private"}, "text": "Hi"}


def body(**changes: Any) -> bytes:
    return json.dumps({"update_id": 9, "message": MESSAGE | changes}).encode()


@pytest.fixture
def courtesy() -> Courtesy:
    """None of these updates asks for any."""
    return Courtesy(Bot("1:never-called"))


async def test_a_good_update_is_accepted(inbox: Any, us: Me, courtesy: Courtesy) -> None:
    await take(inbox, us, body(), courtesy)
    assert inbox.texts == ["Hi"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"[]",
        b"\xff\xfe",
        b'{"update_id": NaN}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"update_id": "1", "message": "unknown_format"}',
        b'{"update_id": 1, "message": {}}',
        b'{"update_id": 1, "message": 7}',
        b"{}",
        body(text="a\x00b"),
        body(text="a").replace(b'"a"', b'"\\ud800"'),
        body(text="x" * 4_000_000),
        body(entities="all of it"),
        body(entities=[{"type": "mention", "offset": "a", "length": None}]),
        body(sticker={"width": 512}),
        body(date="yesterday"),
        body(chat=None),
    ],
)
async def test_what_cannot_be_used_is_kept_as_a_reject(inbox: Any, us: Me, courtesy: Courtesy, raw: bytes) -> None:
    await take(inbox, us, raw, courtesy)
    assert inbox.events == []
    [(kept, reason)] = inbox.rejects
    assert kept == raw
    assert 0 < len(reason) < 80


async def test_a_text_that_breaks_the_inbox_is_kept_as_a_reject(inbox: Any, us: Me, courtesy: Courtesy) -> None:
    inbox.breaks_on = "Hi"
    await take(inbox, us, body(), courtesy)
    assert inbox.rejects == [(body(), "could not be taken: ValueError")]


@pytest.mark.parametrize("raw", [body(), b"hello"])
async def test_nothing_is_taken_while_the_store_is_down(inbox: Any, us: Me, courtesy: Courtesy, raw: bytes) -> None:
    inbox.down = True
    with pytest.raises(StoreDown):
        await take(inbox, us, raw, courtesy)
    assert inbox.events == inbox.rejects == []


async def test_a_message_is_not_rejected_because_the_store_was_down_for_a_moment(
    inbox: Any, us: Me, courtesy: Courtesy
) -> None:
    async def accept_fails_but_reject_would_not(event: Any) -> Any:
        raise StoreDown("for a moment")

    inbox.accept = accept_fails_but_reject_would_not
    with pytest.raises(StoreDown):
        await take(inbox, us, body(), courtesy)
    assert inbox.rejects == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["message_id", "date", "from", "chat", "text", "caption", "entities", "photo", "reply_to_message"]
FIELDS += ["sender_chat", "message_thread_id", "is_topic_message", "migrate_to_chat_id", "voice", "forward_origin"]


@pytest.mark.fuzz
@given(changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3), update_id=JSON)
async def test_any_type_in_any_field_ends_somewhere(changes: dict[str, Any], update_id: Any) -> None:
    inbox = Inbox()
    raw = json.dumps({"update_id": update_id, "message": MESSAGE | changes}).encode()
    await take(inbox, Me(123456789, "standin_bot"), raw, Courtesy(Bot("1:never-called")))
    assert inbox.ended == 1


class Inbox:
    """Counts what comes, and takes only what a database would."""

    def __init__(self) -> None:
        self.ended = 0

    async def accept(self, event: Any) -> Any:
        for value in (
            event.key,
            getattr(event, "text", ""),
            getattr(event, "sender", ""),
            getattr(event, "language", ""),
        ):
            assert isinstance(value, str)
            value.encode()
        self.ended += 1

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        self.ended += 1

    def heard(self, channel: str, within: float) -> None:
        raise AssertionError
