"""Every delivery goes through Bolt, and nothing of Bolt's stands between a delivery and its commit."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import StoreDown
from connectors.slack.api import web_client
from connectors.slack.bolt import bolt_app, dispatch
from connectors.slack.events import Me
from connectors.slack.intake import Intake
from connectors.slack.settings import SlackSettings
from connectors.slack.standin import Fault

OPENED = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"}
HOME = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": OPENED}
PRESSED = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "actions": [{"action_id": "x"}]}


@pytest.fixture
def app(slack):
    return bolt_app(web_client(SlackSettings(bot_token=slack.bot_token, api_base=slack.api_url)))


@pytest.fixture
def happened(app):
    """What happened, in order: `store` commits, and a listener opens its home."""
    order = []

    @app.event("app_home_opened")
    async def home(event):
        order.append(f"listener {event['tab']}")

    return order


@pytest.fixture
def store(happened):
    async def commit():
        await asyncio.sleep(0.01)
        happened.append("commit")
        return True

    return commit


async def test_a_listener_runs_after_the_commit_and_before_the_acknowledgement(app, store, happened):
    assert (await dispatch(app, HOME, store)).status == 200
    assert happened == ["commit", "listener home"]


@pytest.mark.parametrize("error", [StoreDown("no database"), TimeoutError(), ZeroDivisionError()])
async def test_what_was_not_stored_reaches_no_listener_and_is_not_acknowledged(app, happened, error):
    async def commit():
        raise error

    assert (await dispatch(app, HOME, commit)).status == 503
    assert happened == []


async def test_a_delivery_that_ends_with_its_commit_reaches_no_listener(app, happened):
    async def commit():
        happened.append("commit")

    assert (await dispatch(app, HOME, commit)).status == 200
    assert happened == ["commit"]


async def test_a_listener_that_fails_gets_the_delivery_again(app, store, happened):
    @app.action("x")
    async def press():
        raise ZeroDivisionError

    assert (await dispatch(app, PRESSED, store)).status == 500
    assert happened == ["commit"]


async def test_a_listener_may_answer_with_more_than_an_acknowledgement(app, store):
    @app.action("x")
    async def press(ack):
        await ack({"text": "thank you"})

    assert json.loads((await dispatch(app, PRESSED, store)).body) == {"text": "thank you"}


async def test_what_no_listener_wants_is_not_asked_for_again(app, store, happened):
    assert (await dispatch(app, PRESSED, store)).status == 200
    assert happened == ["commit"]


async def test_the_way_to_the_commit_asks_slack_nothing(slack, app, inbox):
    slack.fail("auth.test", Fault(silent=60), times=10)
    async with asyncio.timeout(5):
        answers = [await Intake(app, inbox, Me).take(*each) for each in (A_MESSAGE, ITS_OWN, A_BUTTON)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert (slack.called("auth.test"), len(inbox.events)) == ([], 3)


SAID = {"type": "message", "user": "U1", "text": "hi", "ts": "1726133700.887259", "channel": "D1"}
A_MESSAGE = ("events_api", json.dumps({**HOME, "event": SAID}).encode())
ITS_OWN = ("events_api", json.dumps({**HOME, "event_id": "Ev2", "event": {**SAID, "bot_id": "B1"}}).encode())
A_BUTTON = ("interactive", json.dumps(PRESSED).encode())


@pytest.mark.parametrize("odd", [{"team": 5}, {"user": 5}, {"enterprise": 5}, {"response_urls": 5}])
async def test_a_message_is_taken_also_where_bolt_stumbles_over_what_stands_beside_it(app, inbox, odd):
    payload = {**HOME, "event": SAID, **odd}
    body = json.dumps(payload).encode()
    with pytest.raises(TypeError):
        AsyncBoltRequest(mode="socket_mode", body=payload)
    assert (await Intake(app, inbox, Me).take("events_api", body)).status == 200
    assert [message.text for message in inbox.messages] == ["hi"]


async def test_settings_of_bolts_own_in_the_environment_change_nothing(monkeypatch, slack, inbox, made):
    for name in ("BOT_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "SIGNING_SECRET", "VERIFICATION_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "of another program")
    intake = made(slack, app_token=slack.app_token)._intake(inbox)
    assert (await intake.take(*A_MESSAGE)).status == 200
    challenge = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    assert json.loads((await intake.take("events_api", challenge)).body) == {"challenge": "3eZbrw1a"}


FIELDS = [
    "actions", "assistant_thread", "authed_users", "authorizations", "bot_access_token", "challenge", "channel",
    "command", "container", "enterprise", "event", "event_id", "function_data", "inputs",
    "is_ext_shared_channel", "item", "message", "payload", "response_url", "response_urls", "ssl_check", "team",
    "team_id", "thread_ts", "type", "user", "user_team", "view",
]  # fmt: skip
NAMES = st.sampled_from(FIELDS)
WORDS = st.sampled_from(["x", "1", "T1", "event_callback", "url_verification", "message", "app_home_opened"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(["events_api", "interactive", "slash_commands", "of tomorrow"]),
    payload=st.dictionaries(NAMES, ODD, max_size=8),
)
async def test_whatever_slack_sends_leaves_one_row_and_gets_200(app, inbox, kind, payload):
    inbox.__init__()
    answer = await Intake(app, inbox, Me).take(kind, json.dumps(payload).encode())
    challenged = answer.body.startswith('{"challenge"')
    assert (answer.status, len(inbox.events) + len(inbox.rejected)) == (200, 0 if challenged else 1)
