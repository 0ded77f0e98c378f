"""Real brokers, real worker processes, and a wire that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from kombu import Connection

from bot.writers.celery.writer import CeleryWriter
from nlg.serving.broker import Broker

AMQP = os.environ.get("PALAVER_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672//")
COMMAND = "import typer; from nlg.worker_cli import worker; typer.run(worker)"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> None:
    """Wait for a condition, or fail naming it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)


@dataclass
class RedisServer:
    """A Redis of this test alone, without persistence."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers, "Redis answers")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return bool(self.client.ping())
        return False


@dataclass
class WorkerProcess:
    """A `palaver worker` with the stub model, unless a model is named, and what it printed."""

    url: str
    queue: str
    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, *options: str) -> None:
        writes = () if "--model" in options else ("--stub",)
        command = [sys.executable, "-c", COMMAND, *writes, "--queue", self.queue, *options]
        environment = {**os.environ, "PALAVER_BROKER_URL": self.url}
        name = uuid.uuid4().hex
        self.output, self.errors = self.folder / f"{name}.out", self.folder / f"{name}.err"
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)

    def ready(self) -> WorkerProcess:
        until(lambda: "ready: " in self.output.read_text(), "the worker is ready", 30.0)
        return self

    def log(self) -> str:
        return self.errors.read_text()

    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        if self.alive():
            self.process.kill()
        self.process.wait()


StartWorker = Callable[..., WorkerProcess]


class Wire:
    """A TCP proxy in front of a broker, in a thread of its own.

    `cut` resets all connections and refuses new ones until `mend`; `freeze` makes those that are open go silent.
    """

    def __init__(self, target: int) -> None:
        self._target, self.port = target, free_port()
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.mend()

    def mend(self) -> None:
        self._run(self._mend())

    def cut(self) -> None:
        self._run(self._cut())

    def freeze(self) -> None:
        self._run(self._freeze())

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(5.0)

    async def _freeze(self) -> None:
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def _mend(self) -> None:
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection("127.0.0.1", self._target)
        if self._server is None:  # cut meanwhile
            near_out.transport.abort()
            far_out.transport.abort()
            return
        for reader, writer in ((near, far_out), (far, near_out)):
            pipe = asyncio.create_task(self._pump(reader, writer))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        try:
            while data := await reader.read(65536):
                await flowing.wait()
                writer.write(data)
        except OSError:
            return
        finally:
            writer.transport.abort()


@pytest.fixture
def private_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    try:
        server.start()
    except FileNotFoundError:
        pytest.skip("no redis-server to start")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def amqp_url() -> str:
    try:
        with Connection(AMQP, connect_timeout=2) as connection:
            connection.connect()
    except OSError as error:
        pytest.skip(f"no RabbitMQ at PALAVER_TEST_AMQP: {error}")
    return AMQP


@pytest.fixture(params=["redis", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """Once a Redis of its own, once the RabbitMQ of this machine."""
    if request.param == "redis":
        return str(request.getfixturevalue("private_redis").url)
    return str(request.getfixturevalue("amqp_url"))


@pytest.fixture
def queue(broker_url: str) -> Iterator[str]:
    """The name of a prompt queue of this test alone."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    broker = Broker(broker_url)
    with contextlib.suppress(*broker.errors()), broker.connect() as connection:
        broker.prompts(name)(connection.default_channel).delete()


@pytest.fixture
def start_worker(broker_url: str, queue: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers with options of `palaver worker`; `ready()` waits for one."""
    workers: list[WorkerProcess] = []

    def start(*options: str, url: str = broker_url) -> WorkerProcess:
        worker = WorkerProcess(url, queue, tmp_path)
        workers.append(worker)
        worker.start(*options)
        return worker

    yield start
    for worker in workers:
        worker.end()


@pytest.fixture
async def writer(broker_url: str, queue: str) -> AsyncIterator[CeleryWriter]:
    opened = CeleryWriter(Broker(broker_url), queue)
    yield opened
    await opened.close()


@pytest.fixture
def wire(broker_url: str) -> Iterator[Wire]:
    """A wire to the broker that can be cut."""
    opened = Wire(urlsplit(broker_url).port or 5672)
    yield opened
    opened.close()


@pytest.fixture
def wired_url(broker_url: str, wire: Wire) -> str:
    return broker_url.replace(f":{urlsplit(broker_url).port or 5672}", f":{wire.port}")


@pytest.fixture
async def wired(wired_url: str, queue: str) -> AsyncIterator[CeleryWriter]:
    """A writer at the end of the wire."""
    opened = CeleryWriter(Broker(wired_url), queue)
    yield opened
    await opened.close()


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """`await eventually(condition, what, seconds)` waits for a condition, or fails naming it."""

    async def wait(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> None:
        await asyncio.to_thread(until, condition, what, seconds)

    return wait
