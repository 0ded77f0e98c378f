"""What is sent, and what each failure means for the part. All over the wire."""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
from typing import Any

import pytest
from telegram import error as told

from bot.errors import DeliveryError, Locked, NotSent, Refused, Unsure
from bot.messages import Address, Move, Part
from connectors.telegram import client, sending
from connectors.telegram.refusals import MEANINGS, verdict
from connectors.telegram.standin import Fault, StandIn

CHAT = 1001


def part(text: str = "Hello", chat: int | str = CHAT, thread: str = "", reply_to: str = "") -> Part:
    return Part(Address("telegram", "123456789", str(chat), thread), text, "key", reply_to=reply_to)


async def test_a_part_arrives_without_a_preview(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    receipt = await connector.send(part("see <b> https://example.org"))
    [message] = telegram.sent(CHAT)
    [call] = telegram.called("sendMessage")
    assert (message["text"], receipt.platform_id) == ("see <b> https://example.org", str(message["message_id"]))
    assert call.params.structure("link_preview_options") == {"is_disabled": True}
    assert set(call.params.given) == {"chat_id", "text", "link_preview_options"}


async def test_a_part_goes_to_its_topic(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi", chat=-5, topic=30)
    await connector.send(part(chat=-5, thread="30"))
    assert telegram.sent(-5)[0]["message_thread_id"] == 30


async def test_a_part_quotes_what_it_answers(telegram: StandIn, connector: Any) -> None:
    message = await telegram.say("Hi", chat=-5)
    await connector.send(part(chat=-5, reply_to=str(message["message_id"])))
    assert telegram.sent(-5)[0]["reply_to_message"] == message


async def test_a_part_is_sent_though_what_it_answers_was_deleted(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    await connector.send(part(reply_to="777"))
    assert telegram.sent(CHAT)[0]["text"] == "Hello"


async def test_the_longest_part_fits_and_one_more_is_refused(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    await connector.send(part("😀" * 2048))
    with pytest.raises(Refused, match="too long"):
        await connector.send(part("😀" * 2048 + "."))


@pytest.mark.parametrize("address", ["", "general", "1001x"])
async def test_an_address_of_another_platform_is_refused_before_anything_is_sent(
    telegram: StandIn, connector: Any, address: str
) -> None:
    with pytest.raises(Refused):
        await connector.send(part(chat=address))
    assert telegram.calls == []


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (Fault(status=400, description="Bad Request: not enough rights"), Refused),
        (Fault(status=401), Locked),
        (Fault(status=403), Refused),
        (Fault(status=404, description="Not Found"), Locked),
        (Fault(status=409), NotSent),
        (Fault(status=429), NotSent),
        (Fault(status=500), Unsure),
        (Fault(status=502), Unsure),
        (Fault(status=504, done=True), Unsure),
        (Fault(drop=True), Unsure),
        (Fault(drop=True, done=True), Unsure),
    ],
)
async def test_each_failure_has_its_meaning_and_nothing_is_sent_twice(
    telegram: StandIn, connector: Any, fault: Fault, meaning: type
) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessage", fault)
    with pytest.raises(meaning) as error:
        await connector.send(part())
    assert type(error.value) is meaning
    assert telegram.token not in str(error.value)
    assert len(telegram.called("sendMessage")) == 1
    assert len(telegram.sent(CHAT)) == fault.done


async def test_telegram_says_how_long_to_wait(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(status=429, retry_after=7))
    with pytest.raises(NotSent) as error:
        await connector.send(part())
    assert error.value.after == 7.0


async def test_a_person_who_blocked_us_is_not_asked_again(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    await telegram.block(CHAT)
    with pytest.raises(Refused, match="blocked"):
        await connector.send(part())


async def test_an_unknown_chat_is_refused(connector: Any) -> None:
    with pytest.raises(Refused, match=r"(?i)chat not found"):
        await connector.send(part(chat=4))


async def test_nobody_listening_means_not_sent(make: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotSent, match="ConnectError"):
        await make(api_base=f"http://127.0.0.1:{port}").send(part())


async def test_a_connection_that_never_stands_means_not_sent(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT", 0.05)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for other in waiting:
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
        with pytest.raises(NotSent, match="ConnectTimeout"):
            await make(api_base=f"http://127.0.0.1:{port}").send(part())
        for other in waiting:
            other.close()


async def test_an_answer_that_does_not_come_means_unsure(
    telegram: StandIn, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ", 0.05)
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(delay=0.3))
    with pytest.raises(Unsure, match="ReadTimeout"):
        await make().send(part())


async def test_no_free_connection_means_not_sent(telegram: StandIn, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "POOL", 0.05)
    connector = make()
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(delay=60), times=client.CONNECTIONS)
    busy = [asyncio.create_task(connector.send(part())) for _ in range(client.CONNECTIONS)]
    await telegram.until(lambda: len(telegram.calls) == client.CONNECTIONS)
    with pytest.raises(NotSent, match="PoolTimeout"):
        await connector.send(part())
    for task in busy:
        task.cancel()


async def test_one_sending_ends_in_time_whatever_happens(
    telegram: StandIn, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE", 0.05)
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(delay=0.3))
    with pytest.raises(Unsure, match="no answer within"):
        await connector.send(part())


async def test_an_answer_that_cannot_be_read_means_unsure(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    for body in (b"welcome to the hotel", b"{}", b"[]", b'{"ok": true, "result": {"message_id": 1}}'):
        telegram.fault("sendMessage", Fault(body=body))
        with pytest.raises(Unsure):
            await connector.send(part())


async def test_a_group_that_moved_gets_the_part_at_its_new_id(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    said = await telegram.say("/help", chat=-5)
    async with receiving(connector, inbox):
        await telegram.until(lambda: telegram.waiting == 0)
        new = await telegram.migrate(-5, tell=False)
        receipt = await connector.send(part(chat=-5, reply_to=str(said["message_id"])))
    [message] = telegram.sent(new)
    assert (message["text"], receipt.platform_id) == ("Hello", str(message["message_id"]))
    assert "reply_to_message" not in message
    moved = [event for event in inbox.events if isinstance(event, Move)]
    assert [(move.old.chat, move.new.chat) for move in moved] == [("-5", str(new))]


async def test_a_group_that_moved_gets_the_part_though_the_store_is_down(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    await telegram.say("/help", chat=-5)
    async with receiving(connector, inbox):
        await telegram.until(lambda: telegram.waiting == 0)
        new = await telegram.migrate(-5, tell=False)
        inbox.down = True
        await connector.send(part(chat=-5))
    assert len(telegram.sent(new)) == 1


def library_errors() -> list[type[told.TelegramError]]:
    return [kind for _, kind in inspect.getmembers(told, inspect.isclass) if issubclass(kind, told.TelegramError)]


@pytest.mark.parametrize("kind", library_errors())
def test_every_error_of_the_library_has_a_meaning(kind: type[told.TelegramError]) -> None:
    assert kind in MEANINGS, f"{kind.__name__} is new in the library: decide what it means in refusals.py"
    arguments = {told.ChatMigrated: (-1005,), told.RetryAfter: (3,)}
    assert isinstance(verdict(kind(*arguments.get(kind, ("what happened",)))), DeliveryError)


def test_an_error_of_the_libraries_future_is_unsure() -> None:
    class Surprise(told.TelegramError):
        pass

    assert type(verdict(Surprise("new"))) is Unsure


async def test_the_token_stays_out_of_the_logs(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(status=500))
    telegram.fault("getUpdates", Fault(drop=True))
    async with receiving(connector, inbox):
        await telegram.until(lambda: telegram.waiting == 0)
        with pytest.raises(Unsure):
            await connector.send(part())
        await connector.send(part())
    secret = telegram.token.partition(":")[2]
    written = [
        record.getMessage() + str(record.exc_info or "")
        for record in caplog.records
        if not record.name.startswith("uvicorn")
    ]
    assert not [line for line in written if secret in line]
