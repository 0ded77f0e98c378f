"""What arrives from a local Slack, through the real libraries, in Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Address, Kind

TEAM = "T0STANDIN"


async def test_a_direct_message_arrives_with_all_that_the_answer_needs(link):
    ts = await link.slack.say("Hello there", channel="D7", user="U7")
    await link.slack.settled()
    (message,) = link.inbox.messages
    assert message.address == Address("slack", TEAM, "D7", "")
    assert (message.text, message.sender, message.platform_id, message.kind) == ("Hello there", "U7", ts, Kind.TEXT)
    assert (message.order, message.settle, message.private) == (float(ts), 0.4, True)
    assert message.key.startswith("event:Ev")


async def test_a_direct_message_in_a_thread_is_a_conversation_of_its_own(link):
    root = await link.slack.say("one", channel="D7")
    await link.slack.say("two", channel="D7", thread=root)
    await link.slack.settled()
    assert sorted((m.text, m.address.thread) for m in link.inbox.messages) == [("one", ""), ("two", root)]


async def test_a_mention_in_a_channel_is_answered_once_in_a_thread_at_it(link):
    ts = await link.slack.say("what time is it?", channel="C1", mention=True)
    await link.slack.settled()
    (message,) = link.inbox.messages
    assert message.address == Address("slack", TEAM, "C1", ts)
    assert (message.text, message.private) == ("what time is it?", False)
    assert link.inbox.ignored == ["mention event"]


async def test_a_mention_in_a_thread_is_answered_in_that_thread(link):
    root = await link.slack.say("talking among ourselves", channel="C1")
    await link.slack.say("and you?", channel="C1", thread=root, mention=True)
    await link.slack.settled()
    assert [m.address.thread for m in link.inbox.messages] == [root]


async def test_people_talking_to_each_other_are_left_alone_and_their_words_not_kept(link):
    await link.slack.say("the password is hunter2", channel="C1")
    await link.slack.say("lunch?", channel="G1")
    await link.slack.settled()
    assert link.inbox.messages == []
    assert link.inbox.ignored == ["not mentioned", "not mentioned"]
    assert "hunter2" not in repr(link.inbox.events)


async def test_a_group_direct_message_is_answered_when_the_bot_is_mentioned(link):
    ts = await link.slack.say("hi", channel="G1", mention=True)
    await link.slack.settled()
    assert [(m.address.thread, m.private) for m in link.inbox.messages] == [(ts, False)]


async def test_a_group_mention_that_comes_as_both_events_is_one_message(link):
    said = {"user": "U1", "text": "<@U0PALAVER> hi", "ts": "1726133700.887259", "channel": "G1"}
    link.slack.event({**said, "type": "app_mention"})
    link.slack.event({**said, "type": "message", "channel_type": "mpim"})
    await link.slack.settled()
    assert len(link.inbox.messages) == 1


@pytest.mark.parametrize("first", ["message", "app_mention"])
async def test_whichever_event_of_a_mention_comes_first_there_is_one_message(link, first):
    said = {"user": "U1", "text": "<@U0PALAVER> hi", "ts": "1726133700.887259", "channel": "C1"}
    for kind in sorted(["message", "app_mention"], key=lambda kind: kind != first):
        link.slack.event({**said, "type": kind, "channel_type": "channel"})
        await link.slack.settled()
    assert [m.text for m in link.inbox.messages] == ["hi"]


async def test_a_second_delivery_is_harmless(link):
    await link.slack.say("once")
    await link.slack.settled()
    again = link.slack.deliver("events_api", link.slack.deliveries[0].payload)
    await link.slack.settled()
    assert again.taken
    assert [m.text for m in link.inbox.messages] == ["once"]


async def test_an_edit_and_a_removal_follow_the_message(link):
    ts = await link.slack.say("helo", channel="C1", mention=True)
    await link.slack.settled()
    await link.slack.edit("C1", ts, "<@U0PALAVER> hello")
    await link.slack.settled()
    await link.slack.delete("C1", ts)
    await link.slack.settled()
    (edit,), (removal,) = link.inbox.edits, link.inbox.removals
    assert (edit.text, edit.platform_id, edit.address) == ("hello", ts, link.inbox.messages[0].address)
    assert (removal.platform_id, removal.address) == (ts, link.inbox.messages[0].address)


async def test_the_bot_hears_its_own_reply_and_leaves_it_alone(link, part):
    await link.connector.send(part("hi", "D7"))
    await link.slack.settled()
    assert link.inbox.messages == []
    assert link.inbox.ignored == ["own message"]


@pytest.mark.parametrize("word", ["help", "reset", "forget", "stop"])
async def test_a_slash_command_is_a_command(link, word):
    await link.slack.command(f"{word} all of it", channel="C1", user="U3")
    await link.slack.settled()
    (message,) = link.inbox.messages
    assert (message.kind, message.command, message.argument) == (Kind.COMMAND, word, "all of it")
    assert (message.address, message.sender) == (Address("slack", TEAM, "C1"), "U3")
    assert not message.private


async def test_a_slash_command_with_other_words_is_a_message(link):
    await link.slack.command("how are you?", channel="D1")
    await link.slack.settled()
    (message,) = link.inbox.messages
    assert (message.kind, message.text, message.private) == (Kind.TEXT, "how are you?", True)


async def test_a_pressed_button_is_acknowledged_and_ignored(link):
    pressed = {"type": "block_actions", "team": {"id": TEAM}, "actions": [{"action_id": "x", "value": "é"}]}
    delivery = link.slack.deliver("interactive", pressed)
    await link.slack.settled()
    assert delivery.taken
    assert link.inbox.ignored == ["interaction"]


async def test_nothing_is_acknowledged_while_the_store_is_down_and_nothing_is_lost(link, until):
    link.inbox.down = True
    await link.slack.say("please do not lose me")
    (delivery,) = link.slack.deliveries
    if link.mode == "http":
        await until(lambda: delivery.outcomes)
        assert delivery.outcomes[0] == "503"
    else:
        await until(lambda: link.inbox.attempts)
        assert not delivery.acknowledged.is_set()
    link.inbox.down = False
    await link.slack.settled(20)
    assert delivery.taken
    assert [m.text for m in link.inbox.messages] == ["please do not lose me"]


async def test_a_store_that_is_too_slow_gets_no_acknowledgement_and_the_retry_is_harmless(link):
    link.inbox.delay = 2.8
    await link.slack.say("slow")
    (delivery,) = link.slack.deliveries
    async with asyncio.timeout(6):
        while not delivery.outcomes:
            await asyncio.sleep(0.02)
    assert delivery.outcomes[0] == ("503" if link.mode == "http" else "timeout")
    assert link.inbox.events == []
    link.inbox.delay = 0
    await link.slack.settled(20)
    assert delivery.taken
    assert [m.text for m in link.inbox.messages] == ["slow"]


async def test_the_acknowledgement_comes_after_the_commit(link, until):
    link.inbox.delay = 0.5
    await link.slack.say("in order")
    (delivery,) = link.slack.deliveries
    await until(lambda: link.inbox.attempts)
    assert not delivery.acknowledged.is_set()
    assert delivery.outcomes == []
    await link.slack.settled()
    assert delivery.taken
    assert len(link.inbox.events) == 1


async def test_an_authentic_but_unusable_event_is_kept_as_a_reject_and_does_not_come_again(link):
    odd = [{"event": 5}, {"event": {"type": "message", "channel": 5}}, {"authorizations": 5}, {"event": {"type": []}}]
    for payload in odd:
        link.slack.deliver("events_api", {"type": "event_callback", "event_id": "Ev1", "team_id": TEAM, **payload})
    await link.slack.say("later ones are not held up")
    await link.slack.settled()
    assert all(delivery.outcomes == ["taken"] for delivery in link.slack.deliveries)
    assert len(link.inbox.rejected) == len(odd)
    assert len(link.inbox.messages) == 1


async def test_text_that_no_database_takes_is_a_reject(link):
    await link.slack.say("nul \x00 here")
    await link.slack.say("half \ud83d emoji")
    await link.slack.settled()
    assert sorted(reason for _, reason in link.inbox.rejected) == ["text with a NUL", "text with a lone surrogate"]


async def test_a_fault_in_the_store_is_logged_and_gets_no_acknowledgement(link, until, caplog):
    accept = link.inbox.accept

    async def broken(event):
        raise ZeroDivisionError

    link.inbox.accept = broken
    await link.slack.say("hello")
    await until(lambda: "ZeroDivisionError" in caplog.text)
    assert not link.slack.deliveries[0].acknowledged.is_set()
    link.inbox.accept = accept
    await link.slack.settled(20)
    assert link.slack.deliveries[0].taken
    assert "hello" not in caplog.text


async def test_what_people_change_between_themselves_is_not_even_handed_on(link):
    ts = await link.slack.say("a secret", channel="C1")
    await link.slack.edit("C1", ts, "a worse secret")
    await link.slack.delete("C1", ts)
    await link.slack.settled()
    assert link.inbox.ignored == ["not mentioned"] * 3
