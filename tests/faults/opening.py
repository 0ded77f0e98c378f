"""Everything a trial needs, started and taken down: a Telegram, a database, a broker, bots and workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from connectors.telegram.standin import Fault, StandIn
from tests.faults.options import Options
from tests.faults.stage import Stage
from tests.rig.brokers import BROKERS, Broker
from tests.rig.children import Children
from tests.rig.cluster import cluster
from tests.rig.confined import confined_cluster, confined_sqlite
from tests.rig.databases import DATABASES, Books
from tests.rig.front import Front
from tests.rig.palaver import start_bot, start_worker

SECRET = "a-secret-of-this-trial-only-0123456789"
STORES = {
    **DATABASES,
    "cluster": cluster,
    "confined-postgresql": confined_cluster,
    "confined-sqlite": confined_sqlite,
}


@asynccontextmanager
async def set_up(options: Options, folder: Path) -> AsyncIterator[Stage]:
    """Start it all and wait until it works. Whatever happens, nothing is left running."""
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(folder))
        books = await stack.enter_async_context(STORES[options.store](folder))
        broker = await stack.enter_async_context(BROKERS[options.broker](children, folder))
        telegram = await stack.enter_async_context(StandIn(pace=0.2))
        if options.latency:
            telegram.fault("sendMessage", Fault(delay=options.latency), times=4 * options.messages)
        front = await stack.enter_async_context(Front([]))
        link = await stack.enter_async_context(Front(_targets(options, broker)))
        broker_url = _through(link, broker.url) if link.targets else broker.url
        settings = _settings(options, telegram, front, books) | {"PALAVER_BROKER_URL": broker_url}
        channels = ["telegram", "webhook"] if options.pager else ["telegram"]
        bots = [start_bot(children, f"bot-{n}", settings, channels) for n in range(options.bots)]
        front.targets = [("127.0.0.1", bot.port) for bot in bots]
        flags = ["--stub", "--stub-tokens", str(options.words), "--stub-delay", str(options.token)]
        flags += ["--stub-mishaps"] if options.mishaps else []
        workers = [start_worker(children, f"worker-{n}", broker_url, *flags) for n in range(_workers(options))]
        stage = Stage(options, telegram, front, books, broker, link, bots, workers, settings, children)
        await asyncio.gather(*(process.ready() for process in stage.processes))
        async with _supervised(stage):
            yield stage


def _workers(options: Options) -> int:
    return 0 if options.broker == "embedded" else options.workers


def _targets(options: Options, broker: Broker) -> list[tuple[str, int]]:
    """Return where the link to the broker leads; nowhere without one."""
    parts = urlsplit(broker.url)
    return [(parts.hostname, parts.port)] if options.linked and parts.hostname and parts.port else []


def _through(link: Front, url: str) -> str:
    parts = urlsplit(url)
    login, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{link.port}" if login else f"127.0.0.1:{link.port}"))


@asynccontextmanager
async def _supervised(stage: Stage) -> AsyncIterator[None]:
    watching = asyncio.create_task(stage.supervise()) if stage.options.supervised else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()


def _settings(options: Options, telegram: StandIn, front: Front, books: Books) -> dict[str, str]:
    settings = {
        "PALAVER_WRITER": "stub" if options.broker == "embedded" else "celery",
        "PALAVER_STUB_TOKENS": str(options.words),
        "PALAVER_STUB_DELAY": str(options.token),
        "PALAVER_DATABASE_URL": books.url,
        "PALAVER_TELEGRAM_TOKEN": telegram.token,
        "PALAVER_TELEGRAM_API_BASE": telegram.url,
        "PALAVER_STUB_MISHAPS": str(options.mishaps),
        "PYTHONFAULTHANDLER": "1",  # SIGABRT has every thread say where it is
    }
    if options.pager:
        settings |= {"PALAVER_ALERTS_TO": '["webhook"]', "PALAVER_WEBHOOK_URL": options.pager}
    if options.store.endswith("sqlite"):
        return settings  # one process, by long polling: what a laptop does
    return settings | {
        "PALAVER_TELEGRAM_WEBHOOK_URL": f"{front.url}/telegram/webhook",
        "PALAVER_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
