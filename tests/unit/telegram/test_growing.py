"""A reply that is shown while it is written, and the message that it ends in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.errors import DeliveryError, Refused
from bot.messages import Address, Part
from connectors.telegram.standin import Fault, StandIn

HERE = Address("telegram", "123456789", "1001")
PART = Part(HERE, "", "key")


async def test_a_growing_message_is_posted_once_then_edited_and_has_a_stop_button(
    telegram: StandIn, connector: Any
) -> None:
    await telegram.say("Hi")
    first = await connector.grow(replace(PART, text="You can"))
    again = await connector.grow(replace(PART, text="You can return", live=first.platform_id))
    assert first == again
    [message] = telegram.sent()
    assert message["text"] == "You can return …"
    assert message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "stop"


async def test_its_end_is_the_same_message_whole_marked_and_without_the_button(
    telegram: StandIn, connector: Any
) -> None:
    await telegram.say("Hi")
    live = (await connector.grow(replace(PART, text="You **can"))).platform_id
    end = replace(PART, text="You **can** return it.", live=live)
    for _ in range(2):  # an answer that was lost is asked for again: nothing changes
        assert (await connector.send(end)).platform_id == live
    [message] = telegram.sent()
    assert (message["text"], [mark["type"] for mark in message["entities"]]) == ("You can return it.", ["bold"])
    assert "reply_markup" not in message


async def test_a_message_that_was_taken_away_is_posted_anew(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    receipt = await connector.send(replace(PART, text="The answer.", live="777"))
    assert [message["text"] for message in telegram.sent()] == ["The answer."]
    assert receipt.platform_id == str(telegram.sent()[0]["message_id"])


async def test_nothing_to_show_is_refused_before_it_is_sent(telegram: StandIn, connector: Any) -> None:
    with pytest.raises(Refused):
        await connector.grow(PART)
    assert telegram.called("sendMessage") == []


async def test_a_failure_while_growing_is_a_delivery_error(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(status=429, retry_after=3))
    with pytest.raises(DeliveryError) as told:
        await connector.grow(replace(PART, text="You"))
    assert told.value.after == 3.0


async def test_drafts_are_shown_where_they_are_wanted_and_leave_nothing_to_finish(telegram: StandIn, make: Any) -> None:
    await telegram.say("Hi")
    connector = make(drafts=True)
    assert (await connector.grow(replace(PART, text="You can"))).platform_id == ""
    assert telegram.sent() == []
    [call] = telegram.called("sendMessageDraft")
    assert call.params.number("draft_id")


async def test_where_there_are_no_drafts_a_message_grows(telegram: StandIn, make: Any) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessageDraft", Fault(status=400, description="Bad Request: not here"))
    connector = make(drafts=True)
    live = (await connector.grow(replace(PART, text="You"))).platform_id
    await connector.grow(replace(PART, text="You can", live=live))
    assert len(telegram.called("sendMessageDraft")) == 1
    assert telegram.sent()[0]["text"] == "You can …"


async def test_groups_never_get_drafts(telegram: StandIn, make: Any) -> None:
    await telegram.say("@standin_bot hi", chat=-5)
    await make(drafts=True).grow(replace(PART, text="You", address=Address("telegram", "123456789", "-5")))
    assert telegram.called("sendMessageDraft") == []


TABLE = "| a | b |\n|---|---|\n| 1 | [x](https://y.z) |"


async def test_a_table_is_a_rich_message_where_it_is_wanted_and_known() -> None:
    async with StandIn(rich=True) as telegram:
        connector = _rich(telegram)
        await telegram.say("Hi")
        await connector.send(replace(PART, text=TABLE))
        await connector.send(replace(PART, text="no table"))
        rich, plain = telegram.sent()
        assert rich["rich_message"]["markdown"] == TABLE.replace("[x](https://y.z)", "x (https://y.z)")
        assert plain["text"] == "no table"
        await connector.close()


async def test_a_server_that_knows_no_rich_messages_is_asked_once(telegram: StandIn) -> None:
    connector = _rich(telegram)
    await telegram.say("Hi")
    for _ in range(2):
        await connector.send(replace(PART, text=TABLE))
    assert [message["text"][:5] for message in telegram.sent()] == ["| a |", "| a |"]
    assert len(telegram.called("sendRichMessage")) == 1
    await connector.close()


def _rich(telegram: StandIn) -> Any:
    from connectors.telegram.gateway import Telegram  # noqa: PLC0415
    from connectors.telegram.settings import TelegramSettings  # noqa: PLC0415

    return Telegram(TelegramSettings(token=telegram.token, api_base=telegram.url, rich=True))


async def test_entities_that_telegram_refuses_give_way_to_plain_text(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    telegram.fault("sendMessage", Fault(status=400, description="Bad Request: can't parse entities"))
    await connector.send(replace(PART, text="**bold**"))
    assert [message["text"] for message in telegram.sent()] == ["**bold**"]


def test_what_telegram_counts_is_known() -> None:
    from connectors.telegram.growing import lanes  # noqa: PLC0415

    private, bot = lanes(PART, False)
    group, same = lanes(replace(PART, address=Address("telegram", "123456789", "-5", "30")), True)
    assert (private.most, private.seconds, group.most, group.seconds) == (1, 1.0, 20, 60.0)
    assert bot == same
    business, all_of_it = lanes(replace(PART, address=Address("telegram", "123456789/business:b", "1001")), False)
    assert business.name != private.name
    assert all_of_it == bot
