from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.load.driving import Webhook, drive, milliseconds
from tests.load.people import Person, evenly

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
WIRE = b"POST / HTTP/1.1\r\n\r\n"


@asynccontextmanager
async def server(*answers: bytes, kept: bool = True) -> AsyncIterator[int]:
    """Gives these answers one after the other, the last for ever; unless `kept` it ends a connection after one."""
    left, ended = list(answers), list[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof() and await reader.read(len(WIRE)):
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            if not kept:
                break
        writer.close()
        ended.append(writer)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
    await asyncio.sleep(0.05)
    for writer in ended:
        with suppress(OSError):
            await writer.wait_closed()


async def test_what_is_not_2xx_is_counted():
    async with server(OK, AWAY, OK) as port:
        answers = await drive([port], [Webhook(at / 50, lambda: WIRE) for at in range(3)])
    assert [answer.taken for answer in answers] == [True, False, True]


async def test_a_connection_that_the_server_ended_meanwhile_is_no_refusal():
    async with server(OK, kept=False) as port:
        answers = await drive([port], [Webhook(at / 20, lambda: WIRE) for at in range(5)])
    assert all(answer.taken for answer in answers)


async def test_nobody_listening_is_a_refusal():
    async with server(OK) as port:
        pass
    (answer,) = await drive([port], [Webhook(0.0, lambda: WIRE)])
    assert not answer.taken


async def test_a_wait_counts_from_the_moment_at_which_the_webhook_was_due():
    def slow() -> bytes:
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.2
        while loop.time() < until:
            pass
        return WIRE

    async with server(OK) as port:
        first, second = await drive([port], [Webhook(0.0, slow), Webhook(0.01, lambda: WIRE)])
    assert first.seconds >= 0.2
    assert second.seconds >= 0.15


def test_people_write_in_turn_and_each_message_has_a_number_of_its_own():
    people = [Person("telegram", "7"), Person("slack", "D0P8")]
    wires = [webhook.wire() for webhook in evenly(people, 4, 10.0)]
    assert [b"/telegram/webhook" in wire for wire in wires] == [True, False, True, False]
    assert len(set(wires)) == 4


def test_percentiles_are_in_milliseconds():
    assert milliseconds([0.1, 0.2, 0.3], 50) == 200
    assert milliseconds([0.1, 0.4], 100) == 400
    assert milliseconds([0.5], 99) == 500
    assert milliseconds([], 99) == 0
