"""Long polling against the stand-in: nothing is acknowledged before it is committed, and nothing stops it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.errors import SettingsError
from bot.messages import Departure, Edit, Ignored, Message, Move
from connectors.telegram.standin import Fault, StandIn
from connectors.telegram.updates import ASKED_FOR


async def test_what_people_say_arrives_in_order(telegram: StandIn, connector: Any, inbox: Any, receiving: Any) -> None:
    await telegram.say("before the start")
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: inbox.texts == ["before the start"])
        await telegram.say("one")
        await telegram.say("two", chat=1002)
        await telegram.say("three", language="zh-hans")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["before the start", "one", "two", "three"]
    assert [event.platform_id for event in inbox.events] == ["1", "2", "1", "3"]
    assert inbox.events[-1].language == "zh-hans"


async def test_it_begins_by_taking_the_webhook_away_and_setting_the_menu(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
    methods = [call.method for call in telegram.calls]
    assert methods == ["getMe", "deleteWebhook", "setMyCommands", "setMyCommands", "getUpdates"]
    assert telegram.calls[1].params.given == {"drop_pending_updates": "false"}
    english, chinese = telegram.called("setMyCommands")
    names = [[command["command"] for command in call.params.structure("commands")] for call in (english, chinese)]
    assert names == [["help", "reset", "stop", "forget"]] * 2
    assert [call.params.text("language_code") for call in (english, chinese)] == ["", "zh"]


async def test_it_asks_for_exactly_the_updates_it_uses(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
    params = telegram.called("getUpdates")[0].params
    assert params.structure("allowed_updates") == list(ASKED_FOR)
    assert params.number("timeout") == 20
    assert params.number("offset") is None


async def test_while_the_store_is_down_nothing_is_acknowledged_and_nothing_is_lost(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    inbox.down = True
    await telegram.say("one")
    await telegram.say("two")
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: inbox.arrivals >= 3)
        assert telegram.waiting == 2
        assert {call.params.number("offset") for call in telegram.called("getUpdates")} == {None}
        inbox.down = False
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two"]


async def test_when_the_store_fails_within_a_batch_only_what_was_committed_is_acknowledged(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    taken = inbox.accept

    async def down_after_the_first(event: Any) -> Any:
        inbox.down = isinstance(event, Message) and event.text == "two" and inbox.arrivals < 4
        return await taken(event)

    inbox.accept = down_after_the_first
    for text in ("one", "two", "three"):
        await telegram.say(text)
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two", "three"]
    first = telegram.called("getUpdates")[1].params.number("offset")
    assert first == 700_000_001


async def test_killed_between_commit_and_acknowledgement_the_second_delivery_is_harmless(
    telegram: StandIn, make: Any, inbox: Any, receiving: Any
) -> None:
    await telegram.say("one")
    taken = inbox.accept

    async def hang_after_the_commit(event: Any) -> Any:
        await taken(event)
        await asyncio.Event().wait()

    inbox.accept = hang_after_the_commit
    async with receiving(make(), inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
        while not inbox.events:
            await asyncio.sleep(0)
    assert telegram.waiting == 1
    inbox.accept = taken
    async with receiving(make(), inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert (inbox.texts, inbox.arrivals) == (["one"], 2)


async def test_stopping_does_not_wait_for_the_long_poll(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.calls) == 5)
        started = time.monotonic()
    assert time.monotonic() - started < 1.0


async def test_it_can_be_started_again(telegram: StandIn, connector: Any, inbox: Any, receiving: Any) -> None:
    for text in ("one", "two"):
        await telegram.say(text)
        async with receiving(connector, inbox):
            assert await telegram.until(lambda: telegram.waiting == 0)
        await connector.close()
    assert inbox.texts == ["one", "two"]


async def test_a_poisoned_update_does_not_hold_up_those_behind_it(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    inbox.breaks_on = "poison"
    await telegram.say("one")
    await telegram.push({"message": {"message_id": 1}})
    await telegram.push({"message": "unknown"})
    await telegram.say("a\x00b")
    await telegram.say("poison")
    await telegram.push({"some_future_update": {"x": 1}})
    await telegram.say("two")
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two"]
    reasons = [reason for _, reason in inbox.rejects]
    assert reasons[2:] == ["text with a NUL", "could not be taken: ValueError"]
    assert all(reason.startswith("not an update of Telegram") for reason in reasons[:2])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=409),
        Fault(status=429, retry_after=1),
        Fault(status=500),
        Fault(status=502),
        Fault(status=401),
        Fault(status=400, description="Bad Request: something odd"),
        Fault(drop=True),
        Fault(drop=True, done=True),
        Fault(body=b"welcome to the hotel"),
        Fault(body=b"{}"),
        Fault(body=b'{"ok": true, "result": [{"no": "number"}]}'),
    ],
)
async def test_after_any_failure_it_goes_on(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any, fault: Fault
) -> None:
    telegram.fault("getUpdates", fault, times=2)
    await telegram.say("Hi")
    with capture_logs() as logs:
        async with receiving(connector, inbox):
            assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["Hi"]
    assert [log["event"] for log in logs].count("telegram: polling failed") == 2
    assert telegram.token not in str(logs)


async def test_it_waits_as_long_as_telegram_asks(telegram: StandIn, connector: Any, inbox: Any, receiving: Any) -> None:
    telegram.fault("getUpdates", Fault(status=429, retry_after=1))
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) == 2)
    first, second = telegram.called("getUpdates")
    assert second.at - first.at >= 1.0


async def test_two_pollers_are_told_to_the_owner_and_lose_nothing(
    telegram: StandIn, make: Any, inbox: Any, receiving: Any
) -> None:
    with capture_logs() as logs:
        async with receiving(make(), inbox), receiving(make(), inbox):
            assert await telegram.until(lambda: any(call.status == 409 for call in telegram.calls))
            for number in range(5):
                await telegram.say(str(number))
            assert await telegram.until(lambda: telegram.waiting == 0)
    assert sorted(inbox.texts) == list("01234")
    assert any("another process polls" in log.get("remedy", "") for log in logs)


async def test_a_webhook_set_by_somebody_else_is_told_to_the_owner(
    telegram: StandIn, make: Any, inbox: Any, receiving: Any
) -> None:
    with capture_logs() as logs:
        async with receiving(make(), inbox):
            assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
            await make()._client.bot.set_webhook("https://elsewhere.example.org")
            assert await telegram.until(lambda: [call.status for call in telegram.calls].count(409) >= 2)
    assert any("a webhook was set" in log.get("remedy", "") for log in logs)


async def test_a_second_delivery_is_harmless(telegram: StandIn, connector: Any, inbox: Any, receiving: Any) -> None:
    async with receiving(connector, inbox):
        await telegram.say("one")
        assert await telegram.until(lambda: inbox.texts == ["one"] and telegram.waiting == 0)
        telegram.repeat()
        assert await telegram.until(lambda: inbox.arrivals == 2 and telegram.waiting == 0)
    assert inbox.texts == ["one"]


async def test_numbers_that_begin_again_lower_are_not_missed(
    telegram: StandIn, make: Any, inbox: Any, receiving: Any
) -> None:
    telegram.poll_at_most(0.05)
    async with receiving(make(), inbox):
        await telegram.say("one")
        assert await telegram.until(lambda: telegram.waiting == 0)
        polls = len(telegram.called("getUpdates"))
        telegram.fault("getUpdates", Fault(delay=0.5))
        # Its empty answer is on its way: the poll after it is the first to see the new numbers.
        assert await telegram.until(lambda: [call.status for call in telegram.called("getUpdates")[polls:]] == [200])
        telegram.number_from(17)
        await telegram.say("two")
        await telegram.say("three")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two", "three"]


async def test_it_says_that_it_hears_after_each_poll_and_not_while_it_cannot(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    telegram.fault("getUpdates", Fault(status=502), times=3)
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) == 3)
        assert inbox.heards == []
        await telegram.say("Hi")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert set(inbox.heards) == {50.0}


async def test_a_refused_token_at_the_start_is_a_settings_error(telegram: StandIn, connector: Any, inbox: Any) -> None:
    telegram.revoked = True
    with pytest.raises(SettingsError, match=r"PALAVER_TELEGRAM_TOKEN is refused.*@BotFather") as error:
        await connector.receive(inbox)
    assert telegram.token not in str(error.value)


async def test_a_token_revoked_later_is_probed_until_it_works_again(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    with capture_logs() as logs:
        async with receiving(connector, inbox):
            assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
            telegram.revoked = True
            await telegram.say("one")
            assert await telegram.until(lambda: any(call.status == 401 for call in telegram.calls))
            telegram.revoked = False
            await telegram.say("two")
            assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["one", "two"]
    assert any("PALAVER_TELEGRAM_TOKEN" in log.get("remedy", "") for log in logs)


async def test_a_bad_network_at_the_start_is_waited_out(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    telegram.fault("getMe", Fault(status=502), times=2)
    telegram.fault("getMe", Fault(body=b"welcome to the hotel"))
    telegram.fault("deleteWebhook", Fault(drop=True))
    telegram.fault("setMyCommands", Fault(status=500))
    await telegram.say("Hi")
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["Hi"]


async def test_edits_groups_topics_and_moves_come_through_the_wire(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    first = await telegram.say("hello", chat=-5)
    await telegram.say("😀 @standin_bot hello", chat=-5, topic=30)
    await telegram.say(
        caption="@standin_bot look", chat=-5, voice={"file_id": "a", "file_unique_id": "b", "duration": 3}
    )
    await telegram.edit(first, "hello all")
    await telegram.block(1001)
    new = await telegram.migrate(-5)
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    mention, caption, edit, gone, move = inbox.events
    assert isinstance(gone, Departure)
    assert (mention.text, mention.address.thread, mention.private) == ("😀 hello", "30", False)
    assert caption.text == "look"
    assert isinstance(edit, Edit)
    assert isinstance(move, Move)
    assert (move.old.chat, move.new.chat) == ("-5", str(new))
    assert inbox.arrivals == 7


async def test_the_reply_to_us_through_the_wire_is_heard(
    telegram: StandIn, connector: Any, inbox: Any, receiving: Any
) -> None:
    heard: list[Any] = []
    taken = inbox.accept

    async def note(event: Any) -> Any:
        heard.append(event)
        return await taken(event)

    inbox.accept = note
    said = await telegram.say("/help", chat=-5)
    await connector._client.bot.send_message(-5, "Here is help")
    await telegram.say("more?", chat=-5, reply_to=telegram.sent(-5)[0]["message_id"])
    await telegram.say("who?", chat=-5, reply_to=said["message_id"])
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["/help", "more?"]
    assert isinstance(heard[-1], Ignored)


async def test_a_webhook_that_somebody_has_set_is_taken_away_again(
    telegram: StandIn, connector: Any, inbox: Any, make: Any, receiving: Any
) -> None:
    async with receiving(connector, inbox):
        assert await telegram.until(lambda: len(telegram.called("getUpdates")) > 0)
        await make()._client.bot.set_webhook("https://elsewhere.example.org")
        assert await telegram.until(lambda: len(telegram.called("deleteWebhook")) > 1)
        await telegram.say("Hi")
        assert await telegram.until(lambda: telegram.waiting == 0)
    assert inbox.texts == ["Hi"]
