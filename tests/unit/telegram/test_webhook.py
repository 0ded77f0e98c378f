"""The webhook, delivered by the stand-in and by strangers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.errors import SettingsError
from bot.messages import Address, Opinion, Part, Thumb
from connectors.telegram.standin import Fault, StandIn
from connectors.telegram.standin.server import Local
from connectors.telegram.updates import ASKED_FOR

SECRET = "s" * 32
NAME = "X-Telegram-Bot-Api-Secret-Token"
PERSON = {"id": 7, "is_bot": False, "first_name": "Ann"}
MESSAGE = {"message_id": 5, "date": 1_700_000_000, "from": PERSON, "chat": {"id": 7, "type": "private"}, "text": "Hi"}
UPDATE = {"update_id": 9, "message": MESSAGE}


class Doors:
    """Serves what `endpoints` returned, by path."""

    def __init__(self) -> None:
        self.apps: Mapping[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.apps[scope["path"].rstrip("/")](scope, receive, send)


Hooked = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def hooked(telegram: StandIn, make: Any, inbox: Any, receiving: Any) -> Hooked:
    """Receive by webhook, and return a client that knocks at the same door."""

    @asynccontextmanager
    async def run(ready: bool = True) -> AsyncIterator[httpx.AsyncClient]:
        doors = Doors()
        local = Local(doors)
        await local.start()
        connector = make(webhook_url=f"{local.url}/telegram/webhook", webhook_secret=SECRET)
        doors.apps = connector.endpoints(inbox, None)
        client = httpx.AsyncClient(base_url=f"{local.url}/telegram/webhook")
        try:
            async with client, receiving(connector, inbox):
                if ready:
                    assert await telegram.until(lambda: len(telegram.called("getWebhookInfo")) > 0)
                yield client
        finally:
            await local.stop()

    return run


async def knock(client: httpx.AsyncClient, body: bytes | None = None, secret: str | None = SECRET) -> httpx.Response:
    headers = {} if secret is None else {NAME: secret}
    return await client.post("", content=json.dumps(UPDATE).encode() if body is None else body, headers=headers)


async def test_without_a_webhook_url_there_is_no_door(connector: Any, inbox: Any) -> None:
    assert connector.endpoints(inbox, None) == {}


async def test_telegram_is_told_where_we_are_and_what_we_want(telegram: StandIn, hooked: Hooked, inbox: Any) -> None:
    async with hooked() as client:
        [call] = telegram.called("setWebhook")
    assert call.params.given["url"] == str(client.base_url).rstrip("/")
    assert call.params.given["secret_token"] == SECRET
    assert call.params.structure("allowed_updates") == list(ASKED_FOR)
    assert call.params.number("max_connections") == 40
    assert telegram.called("getUpdates") == telegram.called("deleteWebhook") == []
    assert len(telegram.called("setMyCommands")) == 2


async def test_what_people_say_is_delivered_once_each(telegram: StandIn, hooked: Hooked, inbox: Any) -> None:
    await telegram.say("before the start")
    async with hooked():
        await telegram.say("one")
        await telegram.say("two", chat=1002)
        assert await telegram.until(lambda: telegram.waiting == 0)
        telegram.repeat(3)
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert sorted(inbox.texts) == ["before the start", "one", "two"]
    assert [delivery.status for delivery in telegram.deliveries] == [200] * 6


async def test_while_the_store_is_down_telegram_is_asked_to_come_again(
    telegram: StandIn, hooked: Hooked, inbox: Any
) -> None:
    inbox.down = True
    async with hooked() as client:
        response = await knock(client)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        await telegram.say("one")
        await telegram.say("two")
        assert await telegram.until(lambda: len(telegram.deliveries) >= 2)
        assert telegram.waiting == 2
        inbox.down = False
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two"]


async def test_killed_between_commit_and_answer_the_second_delivery_is_harmless(hooked: Hooked, inbox: Any) -> None:
    taken = inbox.accept

    async def hang_after_the_commit(event: Any) -> Any:
        await taken(event)
        await asyncio.Event().wait()

    inbox.accept = hang_after_the_commit
    async with hooked() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("", json=UPDATE, headers={NAME: SECRET}, timeout=0.2)
        inbox.accept = taken
        assert (await knock(client)).status_code == 200
    assert (inbox.texts, inbox.arrivals) == (["Hi"], 2)


@pytest.mark.parametrize("secret", [None, "", "s" * 31, "s" * 33, "t" * 32, "S" * 32, f"{SECRET},{SECRET}"])
async def test_a_stranger_is_turned_away(hooked: Hooked, inbox: Any, secret: str | None) -> None:
    async with hooked() as client:
        assert (await knock(client, secret=secret)).status_code == 403
    assert inbox.events == inbox.rejects == []


async def test_odd_headers_are_turned_away_too(hooked: Hooked, inbox: Any) -> None:
    async with hooked() as client:
        twice = [(NAME, SECRET), (NAME, SECRET)]
        assert (await client.post("", json=UPDATE, headers=twice)).status_code == 403
        odd = {NAME.encode(): "é".encode() * 16}
        assert (await client.post("", json=UPDATE, headers=odd)).status_code == 403
    assert inbox.arrivals == 0


async def test_the_body_of_a_stranger_is_not_even_read(make: Any, inbox: Any) -> None:
    door = make(webhook_url="https://x.example.org/telegram/webhook", webhook_secret=SECRET).endpoints(inbox, None)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/telegram/webhook", "headers": [(NAME.lower().encode(), b"x")]}
    await door["/telegram/webhook"](scope, receive, send)
    assert sent[0]["status"] == 403


async def test_a_caller_who_hangs_up_leaves_nothing(make: Any, inbox: Any) -> None:
    door = make(webhook_url="https://x.example.org/telegram/webhook", webhook_secret=SECRET)
    door._me = object()

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("answered")

    headers = [(NAME.lower().encode(), SECRET.encode())]
    scope = {"type": "http", "method": "POST", "path": "/telegram/webhook", "headers": headers}
    await door.endpoints(inbox, None)["/telegram/webhook"](scope, receive, send)
    assert inbox.arrivals == 0


async def test_only_posts_are_taken(hooked: Hooked) -> None:
    async with hooked() as client:
        response = await client.get("", headers={NAME: SECRET})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"[" * 100_000, b'{"update_id": NaN}', b'{"update_id": "1"}'])
async def test_an_authentic_body_that_cannot_be_used_gets_200_and_is_kept(
    hooked: Hooked, inbox: Any, body: bytes
) -> None:
    async with hooked() as client:
        assert (await knock(client, body)).status_code == 200
        assert (await knock(client)).status_code == 200
    assert [kept for kept, _ in inbox.rejects] == [body]
    assert inbox.texts == ["Hi"]


async def test_a_poisoned_update_does_not_block_the_chat(telegram: StandIn, hooked: Hooked, inbox: Any) -> None:
    inbox.breaks_on = "poison"
    async with hooked():
        await telegram.say("poison")
        await telegram.say("Hi")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert (inbox.texts, len(inbox.rejects)) == (["Hi"], 1)


async def test_before_we_know_who_we_are_telegram_is_asked_to_come_again(
    telegram: StandIn, hooked: Hooked, inbox: Any
) -> None:
    telegram.fault("getMe", Fault(status=502), times=10_000)
    async with hooked(ready=False) as client:
        response = await knock(client)
    assert (response.status_code, response.headers["Retry-After"], inbox.arrivals) == (503, "5", 0)


async def test_a_refused_webhook_address_is_a_settings_error(telegram: StandIn, make: Any, inbox: Any) -> None:
    telegram.fault("setWebhook", Fault(status=400, description="Bad Request: bad webhook: Failed to resolve host"))
    connector = make(webhook_url="https://x.example.org/telegram/webhook", webhook_secret=SECRET)
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_WEBHOOK_URL is refused: .*resolve host"):
        await connector.receive(inbox)


async def test_a_webhook_that_was_replaced_is_set_again_and_told(
    telegram: StandIn, hooked: Hooked, inbox: Any, make: Any
) -> None:
    with capture_logs() as logs:
        async with hooked():
            assert await telegram.until(lambda: len(inbox.heards) > 0)
            await make()._client.bot.set_webhook("https://elsewhere.example.org")
            told = len(telegram.called("setWebhook"))
            assert await telegram.until(lambda: len(telegram.called("setWebhook")) > told)
            assert telegram.called("setWebhook")[-1].params.text("url").endswith("/telegram/webhook")
            heard = len(inbox.heards)
            assert await telegram.until(lambda: len(inbox.heards) > heard)
    assert any("replaced" in log["event"] for log in logs)


async def test_while_deliveries_fail_it_does_not_say_that_it_hears(
    telegram: StandIn, hooked: Hooked, inbox: Any
) -> None:
    async with hooked():
        assert await telegram.until(lambda: len(inbox.heards) > 0)
        inbox.down = True
        await telegram.say("Hi")
        assert await telegram.until(lambda: any(delivery.status == 503 for delivery in telegram.deliveries))
        looks = len(telegram.called("getWebhookInfo"))
        assert await telegram.until(lambda: len(telegram.called("getWebhookInfo")) >= looks + 2)
        heard = len(inbox.heards)
        assert await telegram.until(lambda: len(telegram.called("getWebhookInfo")) >= looks + 4)
        assert len(inbox.heards) == heard
        inbox.down = False
        assert await telegram.until(lambda: telegram.waiting == 0)
        assert await telegram.until(lambda: len(inbox.heards) > heard)


async def test_who_takes_a_delivery_hears_though_telegram_tells_of_earlier_failures(
    telegram: StandIn, hooked: Hooked, inbox: Any
) -> None:
    async with hooked() as client:
        inbox.down = True
        await telegram.say("Hi")
        assert await telegram.until(lambda: any(delivery.status == 503 for delivery in telegram.deliveries))
        heard, inbox.down = len(inbox.heards), False
        assert (await knock(client)).status_code == 200
        assert len(inbox.heards) > heard


async def test_a_failed_look_at_the_webhook_ends_nothing(telegram: StandIn, hooked: Hooked, inbox: Any) -> None:
    async with hooked():
        telegram.fault("getWebhookInfo", Fault(status=502), times=2)
        looks = len(telegram.called("getWebhookInfo"))
        assert await telegram.until(lambda: len(telegram.called("getWebhookInfo")) >= looks + 3)
        await telegram.say("Hi")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["Hi"]


async def test_a_press_of_a_thumb_arrives_by_webhook_too_and_the_button_rests(
    telegram: StandIn, hooked: Hooked, inbox: Any, connector: Any
) -> None:
    await telegram.say("hello")
    await connector.send(Part(Address("telegram", "123456789", "1001"), "A reply", "key-1", asks=True))
    async with hooked():
        await telegram.press(telegram.sent()[0], "👎")
        assert await telegram.until(lambda: telegram.waiting == 0)
        assert await telegram.until(lambda: bool(telegram.called("answerCallbackQuery")))
    (opinion,) = [event for event in inbox.events if isinstance(event, Opinion)]
    assert (opinion.sender, opinion.thumb, opinion.send_key) == ("1001", Thumb.DOWN, "key-1")
