"""Prompts to tap, a title, a home page: beside the answer, and never in its way."""

from __future__ import annotations

import pytest

from connectors.slack.standin import Fault

SET_PROMPTS, SET_TITLE, PUBLISH = (
    "assistant.threads.setSuggestedPrompts",
    "assistant.threads.setTitle",
    "views.publish",
)


def opened(link, tab):
    return link.slack.event({"type": "app_home_opened", "user": "U3", "channel": "D7", "tab": tab})


async def test_who_opens_the_messages_gets_questions_to_tap(link, until):
    opened(link, "messages")
    await until(lambda: link.slack.called(SET_PROMPTS))
    told = link.slack.called(SET_PROMPTS)[0].arguments
    assert (told["channel_id"], "thread_ts" in told) == ("D7", False)
    assert 1 <= len(told["prompts"]) <= 4
    assert link.inbox.messages == []


async def test_who_opens_the_home_tab_sees_a_page(link, until):
    opened(link, "home")
    await until(lambda: link.slack.called(PUBLISH))
    told = link.slack.called(PUBLISH)[0].arguments
    assert (told["user_id"], told["view"]["type"]) == ("U3", "home")


async def test_a_new_thread_is_named_after_its_first_words(link, until):
    root = await link.slack.say("first of all", channel="D7")
    await link.slack.settled()
    link.inbox.events.clear()
    await link.slack.say("Where is my order?" + "!" * 90, channel="D7", thread=root)
    await until(lambda: link.slack.called(SET_TITLE))
    told = link.slack.called(SET_TITLE)[0].arguments
    assert told["title"].startswith("Where is my order?")
    assert len(told["title"]) == 60


@pytest.mark.parametrize("tab", ["messages", "home"])
async def test_a_refusal_costs_nothing(link, until, tab):
    for method in (SET_PROMPTS, PUBLISH):
        link.slack.fail(method, Fault(error="missing_scope"))
    delivery = opened(link, tab)
    await link.slack.settled()
    assert delivery.taken
    await until(lambda: link.slack.called(SET_PROMPTS) or link.slack.called(PUBLISH))


async def test_too_many_events_are_told_and_acknowledged(link):
    told = {"type": "app_rate_limited", "team_id": "T0STANDIN", "minute_rate_limited": 1_790_000_000}
    delivery = link.slack.deliver("events_api", told)
    await link.slack.settled()
    assert delivery.taken
    assert link.inbox.ignored == ["too many events"]
