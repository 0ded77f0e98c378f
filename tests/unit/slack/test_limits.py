"""What Slack counts, and that its stand-in counts the same, by numbers of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.limits import POSTS, TIERS, lanes
from connectors.slack.standin import StandIn
from connectors.slack.standin import limits as enforced
from connectors.slack.streams import STREAM


@pytest.fixture
def answer(part):
    return part("", "C1", thread="1726133698.626339")


def counted(part, growing):
    return [(lane.name.partition(":")[2].partition(":")[2], lane.most, lane.seconds) for lane in lanes(part, growing)]


def test_a_message_counts_in_its_channel_and_in_its_workspace(answer):
    assert counted(answer, False) == [("C1", 1, 1.0), ("posts", POSTS, 60.0)]


def test_a_stream_counts_where_it_begins_goes_on_and_ends(answer):
    live = replace(answer, live=f"{STREAM}1.0")
    assert counted(answer, True)[-1] == ("chat.startStream", 20, 60.0)
    assert counted(live, True) == [("C1:growing", 1, 1.0), ("chat.appendStream", 100, 60.0)]
    assert counted(live, False) == [("C1", 1, 1.0), ("chat.stopStream", 20, 60.0)]


def test_a_message_that_will_be_edited_is_begun_only_where_its_end_has_room(answer):
    outside = replace(answer, address=replace(answer.address, thread=""))
    assert counted(outside, True)[-1] == ("chat.update", 50, 60.0)
    assert counted(replace(outside, live="1.0"), True) == [("C1:growing", 1, 1.0), ("chat.update", 50, 60.0)]
    assert counted(replace(outside, live="1.0"), False)[-1] == ("chat.update", 50, 60.0)


def test_the_stand_in_enforces_what_we_keep_to():
    assert (TIERS, POSTS) == (enforced.A_MINUTE, enforced.POSTS)


async def test_the_stand_in_refuses_what_is_too_much():
    async with StandIn(limited=True) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        first = await client.chat_postMessage(channel="D1", text="one")
        await client.chat_postMessage(channel="D2", text="another channel")
        with pytest.raises(SlackApiError) as told:
            await client.chat_postMessage(channel="D1", text="two")
        assert (told.value.response.status_code, told.value.response.headers["Retry-After"]) == (429, "1")
        for number in range(50):
            await client.chat_update(channel="D1", ts=first["ts"], text=str(number))
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.chat_update(channel="D1", ts=first["ts"], text="too much")
        assert slack.api.limits.refused == 2
