"""The stand-in behaves as the Bot API does, seen through the real client library and plain HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from connectors.telegram.standin import Fault, StandIn
from connectors.telegram.standin.server import Local
from connectors.telegram.standin.standin import PERSON


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn(pace=0.01) as standin:
        yield standin


@pytest.fixture
async def bot(telegram: StandIn) -> AsyncIterator[Bot]:
    async with Bot(telegram.token, base_url=f"{telegram.url}/bot") as made:
        yield made


class Hook:
    """A webhook that answers as it is told, 200 when nothing is left to tell."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.bodies: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.at: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        self.bodies.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.at.append(asyncio.get_running_loop().time())
        response = self.answers.pop(0) if self.answers else Response()
        await response(scope, receive, send)


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    made = Hook()
    local = Local(made)
    await local.start()
    yield made, local.url
    await local.stop()


def ids(updates: Any) -> list[int]:
    return [update.update_id for update in updates]


async def test_get_me_says_who_the_token_belongs_to(telegram: StandIn, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (int(telegram.token.partition(":")[0]), True, "standin_bot")


async def test_updates_stay_until_a_higher_offset_confirms_them(telegram: StandIn, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        await telegram.say(text)
    first = await bot.get_updates()
    assert [update.message.text for update in first if update.message] == ["one", "two", "three"]
    assert ids(await bot.get_updates()) == ids(first)
    assert ids(await bot.get_updates(offset=first[1].update_id)) == ids(first[1:])
    assert ids(await bot.get_updates()) == ids(first[1:])
    assert ids(await bot.get_updates(limit=1)) == ids(first[1:2])
    assert ids(await bot.get_updates(offset=-1)) == ids(first[2:])
    assert ids(await bot.get_updates(offset=first[2].update_id + 1)) == []


async def test_a_long_poll_ends_with_the_first_update(telegram: StandIn, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: len(telegram.called("getUpdates")) == 1)
    await telegram.say("Hi")
    [update] = await asyncio.wait_for(poll, 5)
    assert update.message is not None
    assert (update.message.text, update.message.chat.type) == ("Hi", "private")


async def test_a_long_poll_ends_with_its_time(bot: Bot) -> None:
    assert await asyncio.wait_for(bot.get_updates(timeout=1), 5) == ()


async def test_only_the_updates_that_were_asked_for_come(telegram: StandIn, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["edited_message"])
    message = await telegram.say("Hi")
    await telegram.edit(message, "Hi!")
    [update] = await bot.get_updates()
    assert update.edited_message is not None
    assert update.edited_message.text == "Hi!"


async def test_a_second_poller_ends_the_first(telegram: StandIn, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: len(telegram.called("getUpdates")) == 1)
    async with Bot(telegram.token, base_url=f"{telegram.url}/bot") as other:
        second = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        await telegram.say("Hi")
        assert len(await second) == 1


async def test_polling_and_a_webhook_exclude_one_another(telegram: StandIn, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: len(telegram.called("getUpdates")) == 1)
    await bot.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(Conflict, match="terminated by setWebhook"):
        await poll
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_a_webhook_gets_each_update_with_its_secret(telegram: StandIn, bot: Bot, hook: tuple[Hook, str]) -> None:
    door, url = hook
    await telegram.say("before")
    await bot.set_webhook(url, secret_token="secret", allowed_updates=["message"])
    await telegram.say("after")
    assert await telegram.until(lambda: telegram.waiting == 0)
    assert [body["message"]["text"] for body in door.bodies] == ["before", "after"]
    assert door.secrets == ["secret", "secret"]
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.allowed_updates) == (url, 0, ("message",))


async def test_a_webhook_that_fails_is_tried_again_in_order_within_a_chat(
    telegram: StandIn, bot: Bot, hook: tuple[Hook, str]
) -> None:
    door, url = hook
    door.answers = [Response(status_code=status) for status in (500, 503, 302)]
    await bot.set_webhook(url)
    await telegram.say("one")
    await telegram.say("two")
    assert await telegram.until(lambda: telegram.waiting == 0)
    assert [body["message"]["text"] for body in door.bodies] == ["one", "one", "one", "one", "two"]
    assert [delivery.status for delivery in telegram.deliveries] == [500, 503, 302, 200, 200]
    assert "302" in ((await bot.get_webhook_info()).last_error_message or "")


async def test_a_chat_that_fails_does_not_hold_up_the_others(
    telegram: StandIn, bot: Bot, hook: tuple[Hook, str]
) -> None:
    door, url = hook
    door.answers = [Response(status_code=503, headers={"Retry-After": "3600"})]
    await bot.set_webhook(url)
    await telegram.say("stuck")
    assert await telegram.until(lambda: len(telegram.deliveries) == 1)
    await telegram.say("free", chat=1002)
    assert await telegram.until(lambda: telegram.waiting == 1)
    assert [body["message"]["text"] for body in door.bodies] == ["stuck", "free"]


async def test_a_webhook_says_when_to_come_again(telegram: StandIn, bot: Bot, hook: tuple[Hook, str]) -> None:
    door, url = hook
    door.answers = [Response(status_code=503, headers={"Retry-After": "30"})]
    await bot.set_webhook(url)
    await telegram.say("one")
    assert await telegram.until(lambda: telegram.waiting == 0)
    assert door.at[1] - door.at[0] >= 0.3


async def test_a_webhook_that_nobody_serves_keeps_the_update(telegram: StandIn, bot: Bot) -> None:
    await bot.set_webhook("http://127.0.0.1:9/")
    await telegram.say("one")
    assert await telegram.until(lambda: len(telegram.deliveries) >= 2)
    assert {delivery.status for delivery in telegram.deliveries} == {0}
    assert telegram.waiting == 1


@pytest.mark.parametrize(("url", "secret"), [("bot.example.org", "secret"), ("https://bot.example.org", "se cret")])
async def test_a_bad_webhook_is_refused(bot: Bot, url: str, secret: str) -> None:
    with pytest.raises(BadRequest):
        await bot.set_webhook(url, secret_token=secret)


async def test_a_message_is_sent_edited_and_deleted(telegram: StandIn, bot: Bot) -> None:
    said = await telegram.say("Hi")
    quoted = ReplyParameters(said["message_id"])
    sent = await bot.send_message(1001, " Hello ", reply_parameters=quoted, disable_notification=True)
    assert (await telegram.reply())["text"] == sent.text == "Hello"
    assert sent.reply_to_message is not None
    assert sent.message_id == said["message_id"] + 1
    await bot.edit_message_text("Hello!", 1001, sent.message_id)
    assert [message["text"] for message in telegram.sent()] == ["Hello!"]
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("Hello!", 1001, sent.message_id)
    await bot.delete_message(1001, sent.message_id)
    assert telegram.sent() == []


@pytest.mark.parametrize(
    ("text", "what"),
    [("", "empty"), (" \n ", "empty"), ("😀" * 2048 + "x", "too long")],
)
async def test_a_text_that_telegram_refuses_is_refused(telegram: StandIn, bot: Bot, text: str, what: str) -> None:
    await telegram.say("Hi")
    with pytest.raises(BadRequest, match=what):
        await bot.send_message(1001, text)
    await bot.send_message(1001, "😀" * 2048)


async def test_what_is_not_there_is_refused(telegram: StandIn, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(4, "Hello")
    said = await telegram.say("Hi")
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(1001, "Hello", message_thread_id=77)
    with pytest.raises(BadRequest, match="replied not found"):
        await bot.send_message(1001, "Hello", reply_parameters=ReplyParameters(77))
    with pytest.raises(BadRequest, match="edit not found"):
        await bot.edit_message_text("mine", 1001, said["message_id"])
    with pytest.raises(BadRequest, match="delete not found"):
        await bot.delete_message(1001, 77)
    with pytest.raises(BadRequest, match="action"):
        await bot.send_chat_action(1001, "dancing")


async def test_a_topic_is_where_its_messages_are(telegram: StandIn, bot: Bot) -> None:
    await telegram.say("Hi", chat=-1_000_000_000_005, topic=30)
    sent = await bot.send_message(-1_000_000_000_005, "Hello", message_thread_id=30)
    assert (sent.message_thread_id, sent.is_topic_message, sent.chat.is_forum) == (30, True, True)
    assert sent.chat.type == "supergroup"


async def test_a_group_that_moved_says_where_it_is(telegram: StandIn, bot: Bot) -> None:
    await telegram.say("Hi", chat=-5)
    new = await telegram.migrate(-5)
    with pytest.raises(ChatMigrated) as error:
        await bot.send_message(-5, "Hello")
    assert error.value.new_chat_id == new
    await bot.send_message(new, "Hello")
    told = [update.message for update in await bot.get_updates() if update.message]
    assert (told[1].migrate_to_chat_id, told[2].migrate_from_chat_id) == (new, -5)


async def test_who_blocked_the_bot_is_not_reached(telegram: StandIn, bot: Bot) -> None:
    await telegram.say("Hi")
    await telegram.block(1001)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(1001, "Hello")
    with pytest.raises(Forbidden):
        await bot.send_chat_action(1001, "typing")
    await telegram.block(1001, blocked=False)
    await bot.send_message(1001, "Hello")
    states = [
        update.my_chat_member.new_chat_member.status for update in await bot.get_updates() if update.my_chat_member
    ]
    assert states == ["kicked", "member"]


async def test_a_wrong_token_is_refused(telegram: StandIn, bot: Bot) -> None:
    with pytest.raises(InvalidToken):
        async with Bot("123456789:wrong", base_url=f"{telegram.url}/bot"):
            pass
    telegram.revoked = True
    with pytest.raises(InvalidToken):
        await bot.get_me()


async def test_floods_are_stopped_when_switched_on(telegram: StandIn) -> None:
    async with StandIn(flood=True) as strict, Bot(strict.token, base_url=f"{strict.url}/bot") as bot:
        await strict.say("Hi")
        await strict.say("Hi", chat=-5)
        at_once = [bot.send_message(1001, text) for text in ("one", "two")]
        told = await asyncio.gather(*at_once, return_exceptions=True)
        assert sum(isinstance(one, RetryAfter) for one in told) == 1
        for number in range(20):
            await bot.send_message(-5, str(number))
        with pytest.raises(RetryAfter):
            await bot.send_message(-5, "one too many")


async def test_faults_come_as_ordered_and_then_it_works_again(telegram: StandIn, bot: Bot) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(status=429, retry_after=3))
    telegram.fault("sendMessage", Fault(status=500, done=True))
    telegram.fault("sendMessage", Fault(drop=True, done=True))
    with pytest.raises(RetryAfter):
        await bot.send_message(1001, "one")
    for text in ("two", "three"):
        with pytest.raises(NetworkError):
            await bot.send_message(1001, text)
    await bot.send_message(1001, "four")
    assert [message["text"] for message in telegram.sent()] == ["two", "three", "four"]
    assert [call.status for call in telegram.called("sendMessage")] == [429, 500, 0, 200]


async def test_forms_json_and_queries_say_the_same(telegram: StandIn) -> None:
    await telegram.say("Hi")
    given = {"chat_id": 1001, "text": "Hello"}
    base = f"{telegram.url}/bot{telegram.token}"
    async with httpx.AsyncClient() as client:
        answers = [
            await client.post(f"{base}/sendMessage", json=given),
            await client.post(f"{base}/SENDMESSAGE", data=given),
            await client.get(f"{base}/sendmessage", params=given),
        ]
        unknown = await client.post(f"{base}/makeCoffee")
        broken = await client.post(f"{base}/sendMessage", content=b"{", headers={"Content-Type": "application/json"})
    assert [answer.json()["result"]["text"] for answer in answers] == ["Hello"] * 3
    assert unknown.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert (broken.status_code, broken.json()["ok"]) == (400, False)


async def test_waiting_for_a_reply_that_does_not_come_ends(telegram: StandIn) -> None:
    with pytest.raises(TimeoutError, match="no message of the bot in chat 1001"):
        await telegram.reply(timeout=0.01)


async def test_an_edit_leaves_the_update_before_it_and_no_old_marks(telegram: StandIn, bot: Bot) -> None:
    message = await telegram.say("/help me")
    await telegram.edit(message, "help me")
    first, second = await bot.get_updates()
    assert first.message is not None
    assert second.edited_message is not None
    assert (first.message.text, len(first.message.entities)) == ("/help me", 1)
    assert (second.edited_message.text, second.edited_message.entities) == ("help me", ())


async def test_a_number_of_a_message_is_never_given_twice(telegram: StandIn, bot: Bot) -> None:
    first = await telegram.say("one")
    shown = await bot.send_message(first["chat"]["id"], "thinking")
    await bot.delete_message(first["chat"]["id"], shown.message_id)
    second = await telegram.say("two")
    assert [first["message_id"], shown.message_id, second["message_id"]] == [1, 2, 3]


async def test_an_exchange_ends_with_the_whole_reply(telegram: StandIn, bot: Bot) -> None:
    talking = asyncio.create_task(telegram.exchange("hi", 10))
    posted = await bot.send_message(PERSON, "Hello, …")
    assert not talking.done()
    await posted.edit_text("Hello, Ann.")
    assert await talking == "Hello, Ann."
