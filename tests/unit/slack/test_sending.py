"""Posting through the real `slack_sdk` into a local Slack."""

from __future__ import annotations

import asyncio
import uuid

import aiohttp
import pytest

from bot.errors import Locked, NotSent, Refused, Unsure
from bot.messages import Address, Part, Sign
from connectors.slack.api import KEYS
from connectors.slack.standin import Fault

POST = "chat.postMessage"


async def test_a_reply_is_posted_where_it_belongs_and_its_ts_comes_back(slack, sender, part):
    receipt = await sender.send(part("hello", "C1", thread="1726133698.626339"))
    (said,) = slack.posted("C1")
    assert (said["text"], said["thread_ts"], said["ts"]) == ("hello", "1726133698.626339", receipt.platform_id)


async def test_a_reply_outside_threads_starts_none(slack, sender, part):
    await sender.send(part("hello", "D7"))
    assert "thread_ts" not in slack.called(POST)[0].arguments


async def test_models_words_can_call_nobody_link_nowhere_and_show_no_preview(slack, sender, part):
    evil = "<!channel> <!here> <@U1> @everyone <http://evil/?d=x|ok> [a](http://evil) <b> *bold*"
    await sender.send(part(evil))
    sent = slack.called(POST)[0].arguments
    assert not any(mark in sent["text"] for mark in ("<", ">"))
    assert (sent["link_names"], sent["unfurl_links"], sent["unfurl_media"]) == (False, False, False)
    assert (sent["mrkdwn"], sent["parse"]) == (False, "none")


async def test_the_send_key_goes_along_in_both_ways(slack, sender, part):
    await sender.send(part("hello", send_key="reply-77"))
    sent = slack.called(POST)[0].arguments
    assert sent["client_msg_id"] == str(uuid.uuid5(KEYS, "reply-77"))
    assert sent["metadata"] == {"event_type": "palaver_reply", "event_payload": {"send_key": "reply-77"}}


async def test_the_longest_part_fits_even_when_every_character_is_escaped(slack, sender, part):
    text = "&" * sender.limit.size
    assert sender.limit.length(text) == 4000
    await sender.send(part(text))
    assert slack.posted("D7")[0]["text"] == "&amp;" * 4000


@pytest.mark.parametrize("thread", ["", "root"])
async def test_a_repeat_finds_the_attempt_that_did_arrive(slack, sender, part, thread):
    root = await slack.say("question", "D7")
    to = part("answer", "D7", thread=thread and root, reply_to=root)
    slack.fail(POST, Fault(accepted=True, dropped=True))
    with pytest.raises(Unsure):
        await sender.send(to)
    again = await sender.send(Part(**{name: getattr(to, name) for name in to.__slots__} | {"repeat": True}))
    (said,) = slack.posted("D7")
    assert again.platform_id == said["ts"]
    assert len(slack.called(POST)) == 1


async def test_a_repeat_finds_it_among_hundreds_of_later_ones(slack, sender, part):
    root = await slack.say("question", "C1")
    first = await sender.send(part("the one", "C1", thread=root))
    for number in range(450):
        said = {"type": "message", "user": "U1", "text": str(number), "thread_ts": root, "ts": slack.workspace.now()}
        await slack.workspace.add("C1", said)
    again = await sender.send(part("the one", "C1", thread=root, repeat=True))
    assert again == first


async def test_a_repeat_that_finds_nothing_posts(slack, sender, part):
    root = await slack.say("question", "D7")
    await sender.send(part("another", "D7", send_key="reply-0"))
    await sender.send(part("answer", "D7", reply_to=root, repeat=True))
    assert [said["text"] for said in slack.posted("D7")] == ["another", "answer"]


@pytest.mark.parametrize("error", ["missing_scope", "not_in_channel", "no_permission", "thread_not_found"])
async def test_a_repeat_posts_where_we_may_not_look(slack, sender, part, error):
    slack.fail("conversations.history", Fault(error=error))
    await sender.send(part("answer", "D7", repeat=True))
    assert len(slack.posted("D7")) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "after"),
    [
        (Fault(error="ratelimited", status=429, retry_after=60), NotSent, 60.0),
        (Fault(status=500, body="oops"), NotSent, None),
        (Fault(dropped=True), NotSent, None),
        (Fault(error="invalid_auth"), Locked, None),
    ],
)
async def test_a_repeat_never_posts_blindly_when_looking_fails(slack, sender, part, fault, kind, after):
    slack.fail("conversations.history", fault, times=2)  # reading may be repeated by the HTTP library; posting is not
    with pytest.raises(kind) as raised:
        await sender.send(part("answer", "D7", repeat=True))
    assert getattr(raised.value, "after", None) == after
    assert slack.posted("D7") == []


async def test_a_rate_limit_says_how_long(slack, sender, part):
    slack.fail(POST, Fault(error="ratelimited", status=429, retry_after=7))
    with pytest.raises(NotSent) as raised:
        await sender.send(part("hello"))
    assert raised.value.after == 7
    assert len(slack.called(POST)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body="<html>oops</html>"),
        Fault(status=502, error="bad_gateway"),
        Fault(status=503, body=""),
        Fault(error="internal_error"),
        Fault(error="fatal_error"),
        Fault(error="service_unavailable"),
        Fault(error="request_timeout"),
        Fault(status=200, body="not json"),
        Fault(dropped=True),
        Fault(dropped=True, accepted=True),
    ],
)
async def test_a_lost_or_broken_answer_is_unsure_and_sent_once(slack, sender, part, fault):
    slack.fail(POST, fault)
    with pytest.raises(Unsure):
        await sender.send(part("hello"))
    assert len(slack.called(POST)) == 1


async def test_an_answer_that_never_comes_is_unsure(slack, sender, part, monkeypatch):
    monkeypatch.setattr("connectors.slack.api.TIMEOUT", aiohttp.ClientTimeout(total=0.3, sock_connect=5))
    slack.fail(POST, Fault(silent=5, accepted=True))
    with pytest.raises(Unsure):
        await sender.send(part("hello"))
    assert len(slack.posted("D7")) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/api/", "http://no-such-host.invalid/api/"])
async def test_a_slack_that_cannot_be_reached_has_not_got_it(slack, part, made, address):
    with pytest.raises(NotSent):
        await made(slack, app_token="xapp-1", api_base=address).send(part("hello"))


async def test_a_closed_channel_is_refused(slack, sender, part):
    slack.workspace.closed["C9"] = "is_archived"
    with pytest.raises(Refused, match="is_archived"):
        await sender.send(part("hello", "C9"))


async def test_nothing_to_say_is_refused_before_it_is_sent(slack, sender, part):
    with pytest.raises(Refused):
        await sender.send(part("  \n"))
    assert slack.calls == []


async def test_a_cancelled_send_is_cancelled(slack, sender, part):
    slack.fail(POST, Fault(silent=5))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await sender.send(part("hello"))


async def test_a_sign_of_life_is_shown_under_a_thread_once_a_minute(slack, sender, part):
    where = Address("slack", "T0STANDIN", "C1", "1726133698.626339")
    for text in ("", "so far", "so far so good"):
        await sender.show(where, Sign(text))
    (call,) = slack.called("assistant.threads.setStatus")
    assert call.arguments == {"channel_id": "C1", "thread_ts": "1726133698.626339", "status": "is writing..."}
    await sender.send(part("done", "C1", thread=where.thread))
    await sender.show(where, Sign())
    assert len(slack.called("assistant.threads.setStatus")) == 2


async def test_outside_threads_slack_has_no_sign_of_life(slack, sender):
    await sender.show(Address("slack", "T0STANDIN", "D7"), Sign())
    assert slack.calls == []


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(error="missing_scope"), Fault(dropped=True)])
async def test_a_sign_of_life_that_fails_disturbs_nobody(slack, sender, fault):
    slack.fail("assistant.threads.setStatus", fault)
    await sender.show(Address("slack", "T0STANDIN", "C1", "1.0"), Sign())
    assert len(slack.calls) == 1


async def test_signs_of_life_in_many_threads_take_no_endless_memory(slack, made):
    connector = made(slack, app_token="xapp-1", api_base="http://127.0.0.1:9/api/")
    for number in range(1100):
        await connector.show(Address("slack", "T", "C1", f"{number}.0"), Sign())
    assert len(connector._shown) <= 1000
