from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.telegram.standin import Fault, StandIn
from tests.faults.history import read_seen

CHAT = 5001


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn() as opened:
        await opened.say("m0", chat=CHAT)
        yield opened


async def send(telegram: StandIn, method: str = "sendMessage", **params: object) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            await client.post(f"{telegram.url}/bot{telegram.token}/{method}", json=params)
        except httpx.HTTPError:
            return


async def test_messages_are_read_in_order_with_their_times(telegram: StandIn) -> None:
    began = time.time()
    await send(telegram, chat_id=CHAT, text="one")
    await send(telegram, chat_id=CHAT, text="two")
    seen = read_seen(telegram)
    assert [(message.chat, message.text) for message in seen] == [(str(CHAT), "one"), (str(CHAT), "two")]
    assert began <= seen[0].at <= seen[1].at <= time.time()


async def test_calls_that_brought_no_message_are_left_out(telegram: StandIn) -> None:
    telegram.fault("sendMessage", Fault(status=429, retry_after=1))
    await send(telegram, chat_id=CHAT, text="one")
    await send(telegram, text="nowhere")
    await send(telegram, chat_id=CHAT, text="one")
    assert [message.text for message in read_seen(telegram)] == ["one"]


async def test_a_message_whose_answer_was_lost_was_seen_all_the_same(telegram: StandIn) -> None:
    telegram.fault("sendMessage", Fault(status=502, done=True))
    await send(telegram, chat_id=CHAT, text="one")
    await send(telegram, chat_id=CHAT, text="one")
    assert [message.text for message in read_seen(telegram)] == ["one", "one"]


async def test_a_message_that_grew_is_as_old_as_its_end(telegram: StandIn) -> None:
    await send(telegram, chat_id=CHAT, text="one")
    number = telegram.sent(CHAT)[0]["message_id"]
    between = time.time()
    await send(telegram, "editMessageText", chat_id=CHAT, message_id=number, text="one and on")
    (seen,) = read_seen(telegram)
    assert seen.text == "one and on"
    assert seen.at >= between
