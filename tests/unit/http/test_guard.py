"""What strangers send is bounded before any app sees it, on a real server."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time

import httpx
import psutil
import pytest
from starlette.responses import StreamingResponse

from bot.http.guard import BODY_LIMIT, BODY_SECONDS, Guard
from bot.http.protocol import HEADER_SECONDS, PatientProtocol

HEAD = b"POST /in HTTP/1.1\r\nHost: here\r\n"


async def test_a_body_of_exactly_the_limit_arrives_whole(serve, counting):
    async with serve(Guard(counting)) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/in", content=b"x" * BODY_LIMIT)
    assert (answer.status_code, answer.text) == (200, str(BODY_LIMIT))
    assert counting.bodies == [b"x" * BODY_LIMIT]


async def test_a_body_that_announces_too_much_is_refused_unread(serve, counting, say):
    async with serve(Guard(counting)) as port:
        answer = await say(port, [HEAD + b"Content-Length: 10000000\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"262144 bytes" in answer
    assert counting.bodies == []


async def test_ten_megabytes_get_an_answer_and_not_a_reset_line(serve, counting):
    async with serve(Guard(counting)) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/in", content=b"x" * 10_000_000)
    assert answer.status_code == 413
    assert counting.bodies == []


async def test_an_endless_chunked_body_ends_and_holds_no_memory(serve, counting, say):
    before = psutil.Process().memory_info().rss
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with serve(Guard(counting)) as port:
        answer = await say(
            port, itertools.chain([HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(chunk))
        )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert counting.bodies == []
    assert psutil.Process().memory_info().rss - before < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", ""])
async def test_no_content_encoding_is_unpacked(serve, counting, encoding):
    bomb = gzip.compress(b"\0" * 10_000_000)
    async with serve(Guard(counting)) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/in", content=bomb, headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert counting.bodies == []


async def test_a_body_that_trickles_is_cut_off(serve, counting, say):
    started = time.monotonic()
    async with serve(Guard(counting, seconds=0.3)) as port:
        answer = await say(port, [HEAD + b"Content-Length: 200\r\n\r\n", *[b"x"] * 200], pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 5
    assert counting.bodies == []


async def test_headers_that_trickle_are_cut_off(serve, counting, say, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.3)
    async with serve(Guard(counting)) as port:
        assert await say(port, [HEAD, *[b"X-A: b\r\n"] * 200], pause=0.05) == b""
    assert counting.bodies == []


async def test_a_line_that_says_nothing_is_cut_off(serve, counting, say, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.3)
    async with serve(Guard(counting)) as port:
        assert await say(port, []) == b""


async def test_headers_that_trickle_after_a_good_request_are_cut_off_too(serve, counting, say, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.3)
    good = HEAD + b"Content-Length: 2\r\n\r\nhi"
    async with serve(Guard(counting)) as port:
        answer = await say(port, [good, HEAD, *[b"X-A: b\r\n"] * 200], pause=0.05)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert counting.bodies == [b"hi"]


async def test_good_requests_on_one_line_outlive_the_header_deadline(serve, counting, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.2)
    async with serve(Guard(counting)) as port, httpx.AsyncClient() as client:
        for _ in range(6):
            assert (await client.post(f"http://127.0.0.1:{port}/in", content=b"hi")).status_code == 200
            await asyncio.sleep(0.1)
    assert len(counting.bodies) == 6


async def test_a_client_that_leaves_half_way_reaches_no_app(serve, counting):
    async with serve(Guard(counting)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 200\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with httpx.AsyncClient() as client:
            await client.post(f"http://127.0.0.1:{port}/in", content=b"next")
    assert counting.bodies == [b"next"]


async def test_a_stream_may_last_longer_than_any_deadline(serve, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.2)

    async def ticks():
        for number in range(8):
            await asyncio.sleep(0.1)
            yield f"data: {number}\n\n"

    app = Guard(StreamingResponse(ticks(), media_type="text/event-stream"), seconds=0.2)
    async with serve(app) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/events")
    assert answer.text.endswith("data: 7\n\n")


async def test_a_stream_learns_that_its_reader_left(serve):
    left = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        left.set()

    async with serve(Guard(app)) as port:
        async with httpx.AsyncClient() as client, client.stream("GET", f"http://127.0.0.1:{port}/") as answer:
            assert await anext(answer.aiter_bytes()) == b"first"
        async with asyncio.timeout(5):
            await left.wait()


async def test_good_requests_stay_quick_beside_slow_ones(serve, counting):
    slow = HEAD + b"Content-Length: 200\r\n\r\n"
    async with serve(Guard(counting, seconds=3)) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        for _, writer in lines:
            writer.write(slow)
        async with httpx.AsyncClient() as client:
            started = time.monotonic()
            answer = await client.post(f"http://127.0.0.1:{port}/in", content=b"hi")
        for _, writer in lines:
            writer.close()
    assert answer.status_code == 200
    assert time.monotonic() - started < 2


def test_the_deadlines_are_those_we_document():
    assert (BODY_LIMIT, BODY_SECONDS, HEADER_SECONDS) == (256 * 1024, 10.0, 10.0)


async def test_a_path_that_bounds_itself_gets_its_body_as_it_comes(serve):
    async def counts(scope, receive, send):
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    guard = Guard(counts, apart=("/mine",))
    async with serve(guard) as port, httpx.AsyncClient() as client:
        own = await client.post(f"http://127.0.0.1:{port}/mine", content=b"x" * 1_000_000)
        other = await client.post(f"http://127.0.0.1:{port}/mine/not", content=b"x" * 1_000_000)
    assert (own.text, other.status_code) == ("1000000", 413)
