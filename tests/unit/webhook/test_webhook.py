"""The real client against a real server of this machine."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from bot.errors import DeliveryError, Locked, NotSent, Refused, SettingsError, Unsure
from bot.messages import Address, Part
from connectors.webhook import Webhook, WebhookSettings, connector
from tests.rig.ports import free_port

PART = Part(Address("webhook", "", "night"), "come, 来", "key-1")


class Taker:
    """Answers every request with one status, and keeps what came."""

    def __init__(self, status: str = "200 OK", headers: str = "", hang_up: bool = False) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._answer = f"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        self._hang_up = hang_up

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        self.requests.append((headers, await reader.readexactly(int(headers["content-length"]))))
        if not self._hang_up:
            writer.write(self._answer)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def posting(taker: Taker, secret: str | None = None) -> AsyncIterator[Webhook]:
    server = await asyncio.start_server(taker.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield Webhook(WebhookSettings(url=f"http://127.0.0.1:{port}/hook", secret=secret))


async def test_what_is_posted_is_json_with_a_key_that_stays_the_same() -> None:
    taker = Taker()
    async with posting(taker) as webhook:
        assert (await webhook.send(PART)).platform_id == "key-1"
    headers, body = taker.requests[0]
    assert json.loads(body) == {"text": "come, 来", "chat": "night", "key": "key-1", "repeat": False}
    assert headers["idempotency-key"] == "key-1"
    assert "x-palaver-signature" not in headers


async def test_with_a_secret_the_other_side_can_check_who_posted() -> None:
    taker = Taker()
    async with posting(taker, secret="s3cret") as webhook:
        await webhook.send(PART)
    headers, body = taker.requests[0]
    assert headers["x-palaver-signature"] == "sha256=" + hmac.new(b"s3cret", body, sha256).hexdigest()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", Refused),
        ("404 Not Found", Refused),
        ("302 Found", Refused),
        ("401 Unauthorized", Locked),
        ("403 Forbidden", Locked),
        ("429 Too Many Requests", NotSent),
        ("503 Service Unavailable", NotSent),
        ("500 Internal Server Error", Unsure),
    ],
)
async def test_each_refusal_says_what_follows_from_it(status: str, kind: type[DeliveryError]) -> None:
    async with posting(Taker(status)) as webhook:
        with pytest.raises(kind):
            await webhook.send(PART)


async def test_how_long_to_wait_is_what_the_other_side_asks_for() -> None:
    async with posting(Taker("429 Too Many Requests", "Retry-After: 7\r\n")) as webhook:
        with pytest.raises(NotSent) as refused:
            await webhook.send(PART)
    assert refused.value.after == 7.0


async def test_a_connection_that_ends_without_an_answer_leaves_it_open_whether_it_arrived() -> None:
    async with posting(Taker(hang_up=True)) as webhook:
        with pytest.raises(Unsure):
            await webhook.send(PART)


async def test_where_nobody_listens_nothing_was_sent() -> None:
    with pytest.raises(NotSent):
        await Webhook(WebhookSettings(url=f"http://127.0.0.1:{free_port()}/")).send(PART)


def test_asked_for_without_an_address_it_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connector(asked=False) is None
    with pytest.raises(SettingsError, match="PALAVER_WEBHOOK_URL"):
        connector(asked=True)
    monkeypatch.setenv("PALAVER_WEBHOOK_URL", "ftp://x")
    with pytest.raises(SettingsError, match="PALAVER_WEBHOOK_URL"):
        connector(asked=False)
