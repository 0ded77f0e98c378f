"""Replies that are shown while they are written, and the whole text at their end whatever became of the beginning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotSent, Refused, Unsure
from connectors.slack.standin import Fault

ROOT = "1726133698.626339"
WHOLE = "You can return it within the time on our page."


@pytest.fixture
def answer(part):
    return part("", "C1", thread=ROOT, reader="U3")


def shown(slack, channel="C1"):
    return [(said["text"], said.get("streaming")) for said in slack.posted(channel)]


async def grown(sender, answer, *texts):
    """Let the reply grow, and return it as it is finished."""
    for text in texts:
        live = (await sender.grow(replace(answer, text=text))).platform_id
        answer = replace(answer, live=live)
    return replace(answer, text=WHOLE)


async def test_in_a_thread_slacks_own_stream_shows_it_and_stops_with_the_rest(slack, sender, answer):
    end = await grown(sender, answer, "You can", "You can return it")
    assert shown(slack) == [("You can return it", True)]
    receipt = await sender.send(end)
    assert shown(slack) == [(WHOLE, False)]
    assert receipt.platform_id == slack.posted("C1")[0]["ts"]
    assert [call.arguments.get("markdown_text") for call in slack.called("chat.appendStream")] == [" return it"]
    assert slack.called("chat.startStream")[0].arguments["recipient_user_id"] == "U3"
    assert slack.called("chat.update") == slack.called("chat.postMessage") == []


async def test_a_stream_that_slack_has_ended_is_updated(slack, sender, answer):
    end = await grown(sender, answer, "You can")
    slack.workspace.end_streams()
    await sender.send(end)
    assert shown(slack) == [(WHOLE, False)]


async def test_growing_a_stream_that_was_ended_is_refused_and_the_end_is_right(slack, sender, answer):
    end = await grown(sender, answer, "You can")
    slack.workspace.end_streams()
    with pytest.raises(Refused, match="message_not_in_streaming_state"):
        await sender.grow(replace(end, text="You can return"))
    await sender.send(end)
    assert shown(slack) == [(WHOLE, False)]


async def test_another_process_can_finish_it(slack, sender, made, answer):
    end = await grown(sender, answer, "You can")
    other = made(slack, app_token=slack.app_token)
    await other.send(end)
    assert shown(slack) == [(WHOLE, False)]


async def test_a_beginning_that_turned_out_wrong_is_replaced(slack, sender, answer):
    end = await grown(sender, answer, "We cannot", "You can return")
    assert shown(slack) == [("We cannot", True)]
    await sender.send(end)
    assert shown(slack) == [(WHOLE, False)]


async def test_a_lost_answer_at_the_end_is_no_second_message(slack, sender, answer):
    end = await grown(sender, answer, "You can")
    slack.fail("chat.stopStream", Fault(accepted=True, dropped=True))
    with pytest.raises(Unsure):
        await sender.send(end)
    await sender.send(replace(end, repeat=True))
    assert shown(slack) == [(WHOLE, False)]


@pytest.mark.parametrize("error", ["method_not_supported_for_channel_type", "missing_recipient_team_id"])
async def test_where_streams_are_refused_a_message_is_edited(slack, sender, answer, error):
    slack.fail("chat.startStream", Fault(error=error))
    end = await grown(sender, answer, "You can", "You can return")
    assert shown(slack) == [("You can return …", None)]
    await sender.send(end)
    assert shown(slack) == [(WHOLE, None)]


async def test_outside_threads_a_message_is_edited(slack, sender, part):
    end = await grown(sender, part("", "D7"), "You can", "You can return")
    assert slack.called("chat.startStream") == []
    await sender.send(end)
    assert shown(slack, "D7") == [(WHOLE, None)]


async def test_a_message_that_was_taken_away_is_posted_anew(slack, sender, part):
    await sender.send(part(WHOLE, "D7", live="1726133698.626339"))
    assert shown(slack, "D7") == [(WHOLE, None)]


async def test_a_limit_is_told_with_its_pause(slack, sender, answer):
    slack.fail("chat.startStream", Fault(error="ratelimited", status=429, retry_after=7))
    with pytest.raises(NotSent) as told:
        await sender.grow(replace(answer, text="You"))
    assert told.value.after == 7.0


async def test_nothing_or_too_much_is_not_shown(sender, answer):
    for text in (" ", "x" * 12_001):
        with pytest.raises(Refused):
            await sender.grow(replace(answer, text=text))


@pytest.mark.parametrize("ended", [False, True])
async def test_the_session_waits_for_its_person_when_a_reply_has_ended(slack, sender, answer, ended):
    end = await grown(sender, answer, "You can")
    assert slack.workspace.sessions == {("C1", ROOT): "processing"}
    if ended:  # by Slack, after five minutes
        slack.workspace.end_streams()
    await sender.send(end)
    assert slack.workspace.sessions == {("C1", ROOT): "active"}
    assert slack.posted("C1")[0]["text"] == WHOLE
