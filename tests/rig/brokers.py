"""Brokers of one trial: a Redis server of our own, or a virtual host on the RabbitMQ of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from redis.asyncio import Redis as RedisClient
from redis.exceptions import ConnectionError as RedisAway

from tests.rig.children import Child, Children
from tests.rig.ports import free_port
from tests.rig.servers import Unavailable

RABBIT = os.environ.get("PALAVER_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672")

RABBIT_SECONDS = 120.0


class Broker(Protocol):
    @property
    def url(self) -> str:
        """Empty where the model runs in the bot's own process."""
        ...

    async def empty(self) -> None:
        """Lose everything it holds."""
        ...


class NoBroker:
    @property
    def url(self) -> str:
        return ""

    async def empty(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Redis:
    url: str
    server: Child

    async def empty(self) -> None:
        async with RedisClient.from_url(self.url) as client:
            await client.flushall()


@dataclass(frozen=True, slots=True)
class Rabbit:
    vhost: str

    @property
    def url(self) -> str:
        return f"{RABBIT}/{self.vhost}"

    async def make(self) -> None:
        user = urlsplit(RABBIT).username or "guest"
        await rabbitmqctl("add_vhost", self.vhost)
        await rabbitmqctl("set_permissions", "-p", self.vhost, user, ".*", ".*", ".*")

    async def remove(self) -> None:
        await rabbitmqctl("delete_vhost", self.vhost)

    async def empty(self) -> None:
        """Remove the virtual host with its queues and connections, and make it anew."""
        await self.remove()
        await self.make()


@asynccontextmanager
async def embedded(children: Children, folder: Path) -> AsyncIterator[NoBroker]:
    yield NoBroker()


@asynccontextmanager
async def redis(children: Children, folder: Path) -> AsyncIterator[Redis]:
    """A server without persistence: what it holds dies with it. Raises `Unavailable`."""
    port = free_port()
    flags = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
    server = children.start(f"redis-{port}", (_program("redis-server"), *flags), os.environ)
    broker = Redis(f"redis://127.0.0.1:{port}/0", server)
    await server.until(lambda: _answers(broker.url), 15)
    yield broker
    server.kill()


@asynccontextmanager
async def rabbitmq(children: Children, folder: Path) -> AsyncIterator[Rabbit]:
    """A virtual host of RabbitMQ. Raises `Unavailable`, also where rabbitmqctl may not be used."""
    broker = Rabbit(f"palaver-trial-{uuid.uuid4().hex[:12]}")
    try:
        await broker.make()
        yield broker
    finally:
        with suppress(Unavailable):  # ended in the middle of `empty`, it is gone already
            await broker.remove()


async def rabbitmqctl(*arguments: str) -> str:
    """Return what it says. Raises `Unavailable`."""
    program = _program("rabbitmqctl")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(program, "--quiet", *arguments, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(RABBIT_SECONDS):
            said, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        raise Unavailable(f"rabbitmqctl {arguments[0]}: no end after {RABBIT_SECONDS:.0f} s") from None
    if process.returncode:
        raise Unavailable(f"rabbitmqctl {arguments[0]}: {errors.decode(errors='replace').strip()}")
    return said.decode(errors="replace")


async def _answers(url: str) -> bool:
    try:
        async with RedisClient.from_url(url) as client:
            return bool(await client.ping())
    except (RedisAway, OSError):
        return False


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise Unavailable(f"{name} is not installed")
    return found


BROKERS: dict[str, Callable[[Children, Path], AbstractAsyncContextManager[Broker]]] = {
    "embedded": embedded,
    "redis": redis,
    "rabbitmq": rabbitmq,
}
