"""What passes between bot and worker reads back as it was, and forgeries are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.contract import Decoding, Draft, Finish, Line, Prompt, Role, Timing
from nlg.serving.broker import new_reply_queue
from nlg.serving.wire import Ask, Kind, Reply
from nlg.testing import prompt_of

REFUSED = (KeyError, TypeError, ValueError, AttributeError)
texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(0.1, 600)
lines = st.lists(st.builds(Line, st.sampled_from(Role), texts), min_size=1, max_size=4).map(tuple)
prompts = st.builds(Prompt, texts, lines, numbers, texts, st.builds(Decoding, st.integers(1, 999), st.floats(0, 2)))
odds = st.lists(st.tuples(texts, st.floats(-9, 0)), max_size=3).map(tuple)
drafts = st.builds(
    Draft, texts, texts, st.floats(-9, 0), texts, st.sampled_from(Finish), timing=st.builds(Timing), odds=odds
)


@given(st.builds(Ask, prompts, st.just(new_reply_queue()), st.integers(1, 2), st.none() | numbers))
def test_an_ask_comes_back_as_it_was_sent(ask: Ask) -> None:
    assert Ask.from_wire(json.loads(json.dumps(ask.to_wire()))) == ask


@given(
    st.builds(Reply, st.just(Kind.CHUNK), texts, st.integers(1, 2), st.integers(0), texts)
    | st.builds(Reply, st.just(Kind.DRAFT), texts, st.integers(1, 2), draft=drafts)
    | st.builds(Reply, st.just(Kind.ERROR), texts, st.integers(1, 2), reason=texts)
)
def test_a_reply_comes_back_as_it_was_sent(reply: Reply) -> None:
    assert Reply.from_wire(json.loads(json.dumps(reply.to_wire()))) == reply


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.fuzz
@given(json_values, st.data())
def test_any_json_in_any_place_is_an_ask_or_a_refusal(value: Any, data: st.DataObject) -> None:
    wire = Ask(prompt_of("hello"), new_reply_queue()).to_wire()
    place = data.draw(st.sampled_from([wire, wire["prompt"], wire["prompt"]["decoding"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = value
    try:
        ask = Ask.from_wire(wire)
    except REFUSED:
        return
    assert 0 < ask.prompt.seconds <= 3600
    assert ask.reply_to.startswith("nlg.reply.")


@pytest.mark.fuzz
@given(json_values)
def test_any_json_is_a_reply_or_a_refusal(value: Any) -> None:
    with pytest.raises(REFUSED):
        Reply.from_wire(value)


def test_the_time_left_shrinks_on_the_way() -> None:
    ask = Ask(prompt_of("hello", seconds=10.0), new_reply_queue(), sent=100.0)
    assert ask.left(103.0).seconds == 7.0
    assert ask.left(111.0).seconds < 0
    assert ask.left(50.0).seconds == 10.0


def test_without_a_time_of_sending_nothing_is_too_old() -> None:
    assert Ask(prompt_of("hello", seconds=10.0), new_reply_queue()).left(1e12).seconds == 10.0
