"""One payload, one meaning. What Slack sends besides plain messages."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, Edit, Halt, Ignored, Kind, Message, Removal
from bot.untrusted import Unusable
from connectors.slack.commands import read_form, shown_at_once, to_command, to_interaction
from connectors.slack.events import COMMANDS, EVENTS, SUBTYPES, Me, to_message

ME = Me(team="T1", user="UBOT")
TS, ROOT = "1726133700.887259", "1726133698.626339"
DM, CHANNEL, GROUP = (
    {"channel": "D1", "channel_type": "im"},
    {"channel": "C1", "channel_type": "channel"},
    {"channel": "G1", "channel_type": "mpim"},
)


def read(event, me=ME, **envelope):
    return to_message({"team_id": "T1", "event_id": "Ev1", "type": "event_callback", "event": event, **envelope}, me)


def message(where=DM, **fields):
    return {"type": "message", "user": "U1", "text": "hi", "ts": TS, **where, **fields}


def mention(**fields):
    return {"type": "app_mention", "user": "U1", "text": "<@UBOT> hi", "ts": TS, "channel": "C1", **fields}


def rule(event, **envelope):
    ignored = read(event, **envelope)
    assert isinstance(ignored, Ignored)
    assert (ignored.channel, ignored.account, ignored.key) == ("slack", "T1", "event:Ev1")
    return ignored.reason


@pytest.mark.parametrize("subtype", [
    "channel_join", "channel_leave", "channel_topic", "channel_archive", "channel_name", "group_join", "pinned_item",
    "channel_convert_to_public", "channel_posting_permissions", "assistant_app_thread", "message_replied",
    "bot_add", "reminder_add", "huddle_thread", "something_of_next_year",
])  # fmt: skip
@pytest.mark.parametrize("where", [DM, CHANNEL])
def test_notices_of_a_channel_are_ignored(subtype, where):
    assert rule(message(where, subtype=subtype, text="<@UBOT> has joined")) == "channel notice"


@pytest.mark.parametrize("kind", [
    "member_joined_channel", "app_home_opened", "app_uninstalled", "tokens_revoked", "team_access_revoked",
    "app_context_changed", "reaction_added", "workflow_step_execute", "__class__",
])  # fmt: skip
def test_other_events_are_ignored(kind):
    assert rule({"type": kind, "user": "U1", "channel": "C1", "event_ts": TS}) == "event type"


def test_an_event_of_the_whole_organisation_has_no_team():
    assert read({"type": "team_access_revoked"}, me=Me(), team_id=None) == Ignored(
        "slack", "", "event:Ev1", "event type"
    )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (message(bot_id="B2"), "bot message"),
        (message(subtype="bot_message", user=None), "bot message"),
        (message(user="USLACKBOT"), "bot message"),
        (message(user="UBOT"), "own message"),
        (mention(bot_id="B2"), "bot message"),
        (mention(user="UBOT"), "own message"),
        (message(GROUP, text="<@UBOT> hi", bot_id="B2"), "bot message"),
        (message(text=""), "no text"),
        (message(CHANNEL), "not mentioned"),
        (message(CHANNEL, text="<@UBOT> hi"), "mention event"),
        (message(CHANNEL, text="<@UBOTTOM> hi"), "not mentioned"),
        (message({"channel": "C1"}), "not mentioned"),
        (message(GROUP), "not mentioned"),
    ],
)
def test_what_is_not_for_us_is_ignored_by_a_named_rule(event, reason):
    assert rule(event) == reason


@pytest.mark.parametrize("subtype", ["file_share", "me_message", "thread_broadcast", None])
def test_a_message_of_a_person_is_one_whatever_its_form(subtype):
    said = read(message(subtype=subtype, text="a &amp; b"))
    assert (said.kind, said.text) == (Kind.TEXT, "a & b")


@pytest.mark.parametrize("field", ["files", "attachments"])
@pytest.mark.parametrize("event", [message(text="", subtype="file_share"), mention(text="<@UBOT>")])
def test_something_without_words_is_media(field, event):
    said = read({**event, field: [{"id": "F1"}]})
    assert (said.kind, said.text) == (Kind.MEDIA, "")


def test_a_file_with_words_is_a_message():
    said = read(message(subtype="file_share", text="look", files=[{"id": "F1"}]))
    assert (said.kind, said.text) == (Kind.TEXT, "look")


def test_who_only_calls_the_bots_name_gets_help():
    said = read(mention(text="<@UBOT>"))
    assert (said.kind, said.command) == (Kind.COMMAND, "help")


@pytest.mark.parametrize("word", [*sorted(COMMANDS), "Reset", "FORGET"])
def test_a_commands_name_alone_is_the_command(word):
    for event in (message(text=word), mention(text=f"<@UBOT> {word}"), message(text=word, thread_ts=ROOT)):
        said = read(event)
        assert (said.kind, said.command, said.argument) == (Kind.COMMAND, word.lower(), "")


def test_a_commands_name_in_a_sentence_is_just_a_word():
    assert read(message(text="please stop")).kind is Kind.TEXT


@pytest.mark.parametrize(
    ("event", "thread"),
    [
        (message(), ""),
        (message(thread_ts=ROOT), ROOT),
        (message(thread_ts=TS), ""),
        (message(thread_ts=ROOT, subtype="thread_broadcast"), ROOT),
        (message({"channel": "D1"}), ""),
        (message({"channel": "D1", "channel_type": "app_home"}), ""),
        (mention(), TS),
        (mention(thread_ts=ROOT), ROOT),
        (message(GROUP, text="<@UBOT> hi"), TS),
    ],
)
def test_the_answer_goes_to_the_thread_or_starts_one_at_the_message(event, thread):
    assert read(event).address == Address("slack", "T1", event["channel"], thread)


@pytest.mark.parametrize(
    "envelope",
    [
        {"authorizations": [{"user_id": "UBOT", "is_bot": True}]},
        {"authed_users": ["UBOT"]},
        {"authorizations": None, "authed_users": ["UBOT"]},
    ],
)
def test_the_bots_name_is_known_from_the_envelope_before_we_have_signed_in(envelope):
    assert read(mention(), me=Me(), **envelope).text == "hi"


def test_an_installation_of_a_person_is_not_the_bot():
    said = read(message(), authorizations=[{"user_id": "U1", "is_bot": False}])
    assert isinstance(said, Message)


def changed(now, before, where=CHANNEL):
    return {"type": "message", "subtype": "message_changed", "ts": "1726133999.1", **where,
            "message": now, "previous_message": before}  # fmt: skip


def said(text, **fields):
    return {"type": "message", "user": "U1", "text": text, "ts": TS, **fields}


def test_an_edit_names_the_message_and_its_conversation():
    edit = read(changed(said("<@UBOT> hello", thread_ts=ROOT), said("<@UBOT> helo")))
    assert edit == Edit(Address("slack", "T1", "C1", ROOT), "event:Ev1", TS, "hello")


def test_an_edit_may_name_the_message_only_as_it_was():
    now = {"type": "message", "user": "U1", "text": "b"}
    edit = read(changed(now, said("<@UBOT> a", thread_ts=ROOT)))
    assert (edit.platform_id, edit.address.thread, edit.text) == (TS, ROOT, "b")


def test_in_a_channel_shared_with_another_company_the_account_is_where_we_are_installed():
    installed = [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}]
    assert read(mention(), team_id="T-theirs", authorizations=installed).address.account == "T1"
    assert read(mention(), team_id="T-theirs", authorizations=[{"team_id": None}]).address.account == "T-theirs"


def test_the_first_message_of_a_thread_keeps_its_conversation_when_edited():
    assert read(changed(said("b", thread_ts=TS), said("a"), DM)).address.thread == ""
    assert read(changed(said("<@UBOT> b", thread_ts=TS), said("a"), CHANNEL)).address.thread == TS


@pytest.mark.parametrize(
    ("now", "before", "reason"),
    [
        (said("a", attachments=[{}]), said("a"), "text unchanged"),
        (said("b", user="UBOT"), said("a"), "own message"),
        (said("b", bot_id="B1"), said("a"), "bot message"),
        (said("b", user="UBOT", bot_id="B1"), [], "own message"),
        (said("between people!"), said("between people"), "not mentioned"),
        (said("between people!"), [], "not mentioned"),
    ],
)
def test_a_change_that_is_no_edit_of_a_person_is_ignored(now, before, reason):
    assert rule(changed(now, before)) == reason


def test_what_is_left_of_a_deleted_thread_is_a_removal():
    left = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This was deleted.", "ts": TS}
    assert read(changed(left, [])) == Removal(Address("slack", "T1", "C1", TS), "event:Ev1", TS)


def deleted(before, where=CHANNEL):
    return {"type": "message", "subtype": "message_deleted", "ts": "1726133999.1", "deleted_ts": TS, **where,
            "previous_message": before}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "thread"),
    [
        (deleted(said("<@UBOT> a")), TS),
        (deleted(said("<@UBOT> a", thread_ts=ROOT)), ROOT),
        (deleted([]), TS),
        (deleted(said("a"), DM), ""),
        (deleted(said("a", thread_ts=ROOT), DM), ROOT),
        (deleted(None, DM), ""),
        (deleted([], DM), ""),
    ],
)
def test_a_removal_names_the_message_and_its_conversation(event, thread):
    assert read(event) == Removal(Address("slack", "T1", event["channel"], thread), "event:Ev1", TS)


def test_a_removal_of_what_people_said_to_each_other_is_ignored():
    assert rule(deleted(said("between people"))) == "not mentioned"


def test_the_bots_own_removed_message_is_ignored():
    assert rule(deleted(said("a", user="UBOT", bot_id="B1"))) == "own message"


@pytest.mark.parametrize(
    "event",
    [
        message(ts="nan"),
        message(ts="1e9"),
        message(ts=""),
        message(ts=None),
        message(ts=5),
        message(ts="9" * 400),
        message(thread_ts="soon"),
        message(user=None),
        message(user=["U1"]),
        message(user="U" * 300),
        message(channel=None),
        message(channel_type=5),
        message(text=["hi"]),
        message(subtype={}),
        changed("x", "y"),
        changed(said("b"), "y"),
        {"type": None},
        {},
    ],
)
def test_what_slack_would_never_send_is_unusable(event):
    with pytest.raises(Unusable):
        read(event)


@pytest.mark.parametrize(
    "envelope",
    [{"event_id": None}, {"event_id": 5}, {"team_id": 5}, {"authorizations": [5]}, {"authed_users": 5}],
)
def test_an_envelope_that_slack_would_never_send_is_unusable(envelope):
    with pytest.raises(Unusable):
        read(message(), **envelope)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["D1", "im", TS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["type", "subtype", "user", "text", "ts", "thread_ts", "channel", "channel_type", "message", "bot_id", "files",
          "previous_message", "deleted_ts", "attachments"]  # fmt: skip


@pytest.mark.fuzz
@given(
    event=st.dictionaries(st.sampled_from(FIELDS), JSON),
    kind=st.sampled_from(sorted(EVENTS)),
    subtype=st.sampled_from([*sorted(SUBTYPES), None]),
    envelope=st.dictionaries(st.sampled_from(["team_id", "authorizations", "authed_users", "event_id"]), JSON),
)
def test_any_payload_is_an_event_or_unusable(event, kind, subtype, envelope):
    with suppress(Unusable):
        read({**event, "type": kind, "subtype": subtype}, **envelope)


@pytest.mark.fuzz
@given(
    st.dictionaries(
        st.sampled_from(["command", "text", "channel_id", "user_id", "trigger_id", "team", "team_id"]), JSON
    )
)
def test_any_command_and_interaction_is_an_event_or_unusable(fields):
    for reader in (to_command, to_interaction):
        with suppress(Unusable):
            reader(fields, ME, 1.0)


@pytest.mark.fuzz
@given(st.binary(max_size=60))
def test_any_form_is_fields_or_unusable(body):
    with suppress(Unusable):
        read_form(body)


def command(text, **more):
    fields = {"text": text, "team_id": "T9", "channel_id": "C1", "user_id": "U1", "trigger_id": "398.47.80", **more}
    return to_command(fields, ME, 17.5)


@pytest.mark.parametrize(
    ("text", "kind", "name", "argument"),
    [
        ("help", Kind.COMMAND, "help", ""),
        ("  Reset  ", Kind.COMMAND, "reset", ""),
        ("forget everything please", Kind.COMMAND, "forget", "everything please"),
        ("helpful?", Kind.TEXT, "", ""),
        ("tell me a story", Kind.TEXT, "", ""),
    ],
)
def test_a_slash_command_says(text, kind, name, argument):
    said = command(text)
    assert (said.kind, said.command, said.argument, said.text) == (kind, name, argument, text.strip())
    assert said.address == Address("slack", "T9", "C1")
    assert (said.key, said.order, said.private, said.platform_id) == ("command:398.47.80", 17.5, False, "")


def test_a_bare_slash_command_asks_nothing_and_shows_how_to_use_it():
    assert command("  ") == Ignored("slack", "T9", "command:398.47.80", "bare command")
    assert shown_at_once({"text": " "})["response_type"] == "ephemeral"
    assert shown_at_once({"text": "hello"}) == {}


def test_slacks_own_stop_button_stops_what_is_written_in_the_thread():
    event = {"type": "agent_session_stopped", "channel": "D1", "thread_ts": "17.5", "user": "U1", "event_ts": TS}
    assert read(event) == Halt(Address("slack", "T1", "D1", "17.5"), "event:Ev1")


def test_a_slash_command_in_a_direct_message_is_private():
    assert command("hi", channel_id="D1").private


def test_two_interactions_have_two_keys_and_the_same_one_has_one():
    one, two = {"type": "block_actions", "action_ts": "1"}, {"type": "block_actions", "action_ts": "2"}
    keys = [to_interaction(payload, ME, 1.0).key for payload in (one, two, dict(one))]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("team", [None, {"id": "T5"}])
def test_an_interaction_of_the_whole_organisation_may_have_no_team(team):
    assert to_interaction({"type": "shortcut", "team": team}, ME, 1.0).account == ("T5" if team else "T1")
