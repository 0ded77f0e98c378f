"""The local Slack keeps Slack's promises, as Slack's own libraries see them."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.standin import Fault, StandIn


@pytest.fixture
async def slack():
    async with StandIn(patience=0.3, scale=0.001) as stand_in:
        yield stand_in


@pytest.fixture
def client(slack):
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


async def test_it_knows_its_tokens(slack):
    for token, error in [
        (None, "not_authed"),
        ("xoxb-no", "invalid_auth"),
        (slack.app_token, "not_allowed_token_type"),
    ]:
        with pytest.raises(SlackApiError, match=error):
            await AsyncWebClient(token=token, base_url=slack.api_url).auth_test()
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await AsyncWebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.bot_token)


async def test_messages_are_posted_changed_and_read_back(slack, client):
    root = await slack.say("question", "C1")
    metadata = {"event_type": "x", "event_payload": {"a": "b"}}
    posted = await client.chat_postMessage(channel="C1", text="answer", thread_ts=root, metadata=metadata)
    await client.chat_update(channel="C1", ts=posted["ts"], text="better answer")
    thread = await client.conversations_replies(channel="C1", ts=root, include_all_metadata=True)
    assert [said["text"] for said in thread["messages"]] == ["question", "better answer"]
    assert thread["messages"][1]["metadata"] == metadata
    assert "metadata" not in (await client.conversations_replies(channel="C1", ts=root))["messages"][1]
    assert [said["text"] for said in (await client.conversations_history(channel="C1"))["messages"]] == ["question"]


async def test_long_histories_come_in_pages_newest_first(slack, client):
    for number in range(5):
        await client.chat_postMessage(channel="C1", text=str(number))
    history = await client.conversations_history(channel="C1", limit=2)
    pages = [[said["text"] for said in page["messages"]] async for page in history]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C9", "text": "x"}, "is_archived"),
        ({"channel": "", "text": "x"}, "channel_not_found"),
    ],
)
async def test_it_refuses_what_slack_refuses(slack, client, arguments, error):
    slack.workspace.closed["C9"] = "is_archived"
    with pytest.raises(SlackApiError, match=error):
        await client.chat_postMessage(**arguments)
    assert slack.posted("C1") == []


async def test_an_unknown_method_is_refused(client):
    with pytest.raises(SlackApiError, match="unknown_method"):
        await client.api_call("chat.shout")


async def test_faults_come_in_order_and_pass(slack, client):
    slack.fail("auth.test", Fault(error="ratelimited", status=429, retry_after=9))
    slack.fail("auth.test", Fault(error="internal_error"))
    with pytest.raises(SlackApiError) as raised:
        await client.auth_test()
    assert (raised.value.response.status_code, raised.value.response.headers["Retry-After"]) == (429, "9")
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.auth_test()
    assert (await client.auth_test())["team_id"] == "T0STANDIN"


async def test_a_dropped_answer_may_have_been_accepted(slack, client):
    for accepted in (True, False):
        slack.fail("chat.postMessage", Fault(dropped=True, accepted=accepted))
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel="C1", text="hi")
    assert len(slack.posted("C1")) == 1


@pytest.fixture
async def app(slack):
    """Slack's own Socket Mode client; `app.answers` says what it does with each envelope."""
    client = SocketModeClient(slack.app_token, web_client=AsyncWebClient(base_url=slack.api_url), ping_interval=0.1)
    client.envelopes, client.answering = [], True

    async def take(client, request):
        client.envelopes.append(request)
        if client.answering:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(take)
    await client.connect()
    yield client
    await client.close()


async def test_an_envelope_is_delivered_until_it_is_acknowledged(slack, app):
    app.answering = False
    await slack.say("hello")
    (delivery,) = slack.deliveries
    async with asyncio.timeout(10):
        while len(app.envelopes) < 3:
            await asyncio.sleep(0.01)
    app.answering = True
    await slack.settled()
    assert delivery.outcomes == ["timeout", "timeout", "timeout", "taken"]
    assert [request.retry_attempt for request in app.envelopes] == [0, 1, 2, 3]
    assert len({request.payload["event_id"] for request in app.envelopes}) == 1
    assert len({request.envelope_id for request in app.envelopes}) == 4


async def test_an_event_that_nobody_takes_is_given_up_after_three_retries(slack, app):
    app.answering = False
    await slack.say("hello")
    await slack.settled()
    assert slack.deliveries[0].outcomes == ["timeout"] * 4


async def test_a_command_is_not_delivered_again(slack, app):
    app.answering = False
    await slack.command("help")
    await slack.settled()
    assert slack.deliveries[0].outcomes == ["timeout"]


async def test_an_address_is_good_once(slack, app):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(app.wss_uri)


async def test_a_mention_is_two_events_and_a_direct_message_one(slack, app):
    await slack.say("hi", "C1", mention=True)
    await slack.say("hi", "D1")
    await slack.settled()
    events = [request.payload["event"] for request in app.envelopes]
    assert sorted((e["type"], e.get("channel_type")) for e in events if e["channel"] == "C1") == [
        ("app_mention", None),
        ("message", "channel"),
    ]
    assert [e["channel_type"] for e in events if e["channel"] == "D1"] == ["im"]


async def test_replies_come_one_after_the_other(slack, client):
    waiting = asyncio.create_task(slack.reply("C1", timeout=5))
    for text in ("one", "two"):
        await client.chat_postMessage(channel="C1", text=text)
    assert ((await waiting)["text"], (await slack.reply("C1"))["text"]) == ("one", "two")
    with pytest.raises(TimeoutError):
        await slack.reply("C1", timeout=0.05)


@pytest.fixture
async def bot(slack):
    """A bot reached over HTTP. It answers with `bot.statuses`, one after the other, then 200."""

    class Bot:
        statuses, headers, requests = [], {}, []

    async def take(request: web.Request) -> web.Response:
        Bot.requests.append((dict(request.headers), await request.read()))
        status = Bot.statuses.pop(0) if Bot.statuses else 200
        if status == 0:
            await asyncio.sleep(0.5)
        return web.Response(status=status or 200, headers=Bot.headers)

    Bot.requests = []
    application = web.Application()
    application.router.add_post("/slack/events", take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.post_to("http://{}:{}/slack/events".format(*runner.addresses[0][:2]))
    yield Bot
    await runner.cleanup()


async def test_requests_are_signed_as_the_library_expects(slack, bot):
    await slack.say("hello é")
    await slack.command("help é")
    slack.deliver("interactive", {"type": "block_actions"})
    await slack.settled()
    verifier = SignatureVerifier(slack.signing_secret)
    assert [verifier.is_valid_request(body, headers) for headers, body in bot.requests] == [True] * 3


async def test_a_request_that_fails_or_is_slow_comes_again_and_says_why(slack, bot):
    bot.statuses = [503, 0, 500]
    await slack.say("hello")
    await slack.settled()
    assert slack.deliveries[0].outcomes == ["503", "timeout", "500", "taken"]
    retries = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in bot.requests]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_timeout"), ("3", "http_error")]
    assert len({body for _, body in bot.requests}) == 1


async def test_a_bot_may_decline_retries(slack, bot):
    bot.statuses, bot.headers = [500], {"X-Slack-No-Retry": "1"}
    await slack.say("hello")
    await slack.settled()
    assert len(bot.requests) == 1


async def test_an_exchange_ends_with_the_whole_reply_however_it_grew(slack, client):
    talking = asyncio.create_task(slack.exchange("hi", 10))
    posted = await client.chat_postMessage(channel="D0PERSON", text="Hello, …")
    await client.chat_update(channel="D0PERSON", ts=posted["ts"], text="Hello, Ann. …")
    assert not talking.done()
    await client.chat_update(channel="D0PERSON", ts=posted["ts"], text="Hello, Ann. How are you?")
    assert await talking == "Hello, Ann. How are you?"
