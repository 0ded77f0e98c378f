from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.untrusted import Unusable, read_object

STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | STORABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STORABLE, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.fuzz
@given(st.dictionaries(STORABLE, VALUES, max_size=4))
def test_what_json_can_say_and_a_database_can_store_is_read(value: dict[str, object]) -> None:
    assert read_object(json.dumps(value).encode()) == value


@pytest.mark.fuzz
@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused_with_a_reason_and_nothing_else_happens(body: bytes) -> None:
    with suppress(Unusable):
        assert isinstance(read_object(body), dict)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":' + b"[" * 100_000, "nested"),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "nested"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[1]", "object"),
        (b"\xff\xfe", "UTF-8"),
        (b"", "JSON"),
        (b"{", "JSON"),
    ],
)
def test_hostile_bodies_are_refused_by_name(body: bytes, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        read_object(body)


def test_a_reason_never_quotes_the_body() -> None:
    with pytest.raises(Unusable) as refusal:
        read_object(b'{"password": "hunter2", }')
    assert "hunter2" not in str(refusal.value)
