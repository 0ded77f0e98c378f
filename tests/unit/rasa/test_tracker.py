"""What is read of Rasa's tracker."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Kind, Speaker
from bot.untrusted import Unusable
from connectors.rasa.tracker import EVENTS, TURNS, newest, read_nlg, read_tracker, split_turns
from tests.rig.rasa import event, nlg_request, tracker

TALK = (("user", "hi"), ("bot", "hello"), ("user", "where is my order?"))


def texts(turns):
    return [turn.text for turn in turns]


def read(*events, **more):
    return read_tracker({**tracker(**more), "events": list(events)})


def test_a_request_is_read_as_rasa_wrote_it():
    body = json.dumps(nlg_request("utter_more", *TALK, id="v2", arguments={"name": "Ann"}, slots={"name": "Bob"}))
    asked = read_nlg(body.encode())
    assert (asked.response, asked.variation, asked.channel, asked.sender) == ("utter_more", "v2", "collector", "ann")
    assert asked.values == {"name": "Ann"}, "arguments go before slots, as in Rasa"
    assert texts(asked.turns) == ["hi", "hello", "where is my order?"]
    assert (asked.turn, asked.nth) == ("message-2", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"response": 1, "tracker": {"sender_id": "a"}}',
        b'{"response": "utter_x"}',
        b'{"response": "utter_x", "tracker": {}}',
        b'{"response": "utter_x", "tracker": {"sender_id": "a", "events": 1}}',
        b'{"response": "utter_x", "tracker": {"sender_id": "a", "slots": [1]}}',
        b"[" * 100_000,
        b'{"response": "utter_x", "tracker": {"sender_id": "a"}, "arguments": [1]}',
    ],
)
def test_what_is_no_request_is_refused_without_quoting_it(body):
    with pytest.raises(Unusable) as refused:
        read_nlg(body)
    assert len(str(refused.value)) < 40


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
strange = st.fixed_dictionaries(
    {},
    optional={"event": st.sampled_from(["user", "bot", "rewind", "restart"]) | json_values, "text": json_values}
    | dict.fromkeys(("timestamp", "message_id", "data", "metadata"), json_values),
)


@pytest.mark.fuzz
@given(st.lists(strange | json_values, max_size=12))
def test_whatever_the_events_are_nothing_breaks_and_all_can_be_stored(events):
    asked = read(*events)
    for entry in asked.said:
        assert "\x00" not in entry.text
        entry.text.encode()
        assert all(name.encode() is not None for name in entry.names)


@pytest.mark.fuzz
@given(json_values | st.dictionaries(st.sampled_from(["sender_id", "slots", "events", "latest_message"]), json_values))
def test_any_json_is_a_tracker_or_unusable(value):
    with suppress(Unusable):
        read_tracker(value)


def test_a_restart_and_a_new_session_hide_what_was_said_from_the_model_but_not_from_the_records():
    for name in ("restart", "session_started"):
        asked = read(event(1, "user", "old"), event(2, name), event(3, "user", "new"))
        assert texts(asked.turns) == ["new"]
        assert texts(asked.said) == ["old", "new"]


def test_a_rewind_takes_the_last_message_back():
    asked = read(
        event(1, "user", "a"), event(2, "bot", "b"), event(3, "user", "c"), event(4, "bot", "d"), event(5, "rewind")
    )
    assert texts(asked.turns) == ["a", "b"]


def test_what_a_button_sends_is_no_language():
    asked = read(event(1, "user", '/affirm{"what": 1}'))
    assert asked.turns[0].kind is Kind.COMMAND


def test_the_language_comes_from_the_slot_then_from_the_messages_metadata():
    assert read(lang="zh-CN").language == "zh"
    state = tracker(("user", "x"))
    state["latest_message"]["metadata"] = {"language": "en"}
    assert read_tracker(state).language == "en"
    assert read(lang="fr").language == ""


def test_a_person_is_named_as_rasas_channel_names_them_and_a_monstrous_name_by_its_digest():
    assert read(sender="telegram:42").sender == "telegram:42"
    assert len(read(sender="x" * 100_000).sender) == 64
    assert "\x00" not in read(sender="a\x00b").sender


def test_only_the_newest_events_are_looked_at():
    events = [event(at, "user" if at % 2 else "bot", str(at)) for at in range(10_000)]
    asked = read(*events)
    assert len(asked.said) == len(asked.turns) == TURNS
    assert asked.said[-1].text == "9999"
    state = newest({**tracker(lang="en"), "events": events})
    assert len(state["events"]) == EVENTS
    assert read_tracker(state) == read_tracker({**tracker(lang="en"), "events": events})


def test_the_same_history_names_its_things_the_same_and_other_people_otherwise():
    first, second = read_tracker(tracker(*TALK)), read_tracker(tracker(*TALK, ("bot", "at home")))
    assert [entry.names for entry in second.said[:3]] == [entry.names for entry in first.said]
    names = [name for entry in second.said for name in entry.names]
    assert len(names) == len(set(names))


def test_an_answer_is_known_again_when_rasa_tells_it_as_history():
    asked = read_tracker(tracker(*TALK))
    told = read_tracker(tracker(*TALK, ("bot", "at home"))).said[-1]
    assert set(asked.name_of("nlg", "at home")) & set(told.names)
    assert not set(asked.name_of("nlg", "elsewhere")) & set(told.names)


def test_what_was_said_before_the_persons_last_words_is_told_apart():
    before, last = split_turns(read_tracker(tracker(*TALK, ("user", "hello?"), ("bot", "yes?"))).turns)
    assert texts(before) == ["hi", "hello"]
    assert texts(last) == ["where is my order?", "hello?"]
    assert split_turns(()) == ((), ())
    assert all(turn.speaker is Speaker.USER for turn in last)
