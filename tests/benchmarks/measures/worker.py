"""How soon a worker is ready, and how much memory it takes: the shipped model, a Redis of its own, one process.

Ready is when its first token was written and the broker was reached, counted from the start of the process. The
processor's time stands beside the clock's: on a machine with other work only the former says something of the worker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import psutil

from bot.writers.celery.writer import CeleryWriter
from nlg.serving.broker import Broker
from nlg.testing import prompt_of
from tests.benchmarks.measures import Measurement, Size, under
from tests.rig.brokers import redis
from tests.rig.children import Children
from tests.rig.palaver import Worker, start_worker

SLOTS = 64
REPLIES = 256
SECONDS_READY, MEGABYTES = 4.0, 450
MEGABYTE = 1_000_000


async def run(size: Size, folder: Path) -> Measurement:
    """Start a worker again and again, then let one write for many at once."""
    clock, processor, resident = [], [], []
    with Children(folder) as children:
        async with redis(children, folder) as broker:
            for number in range(size.rounds):
                async with _working(children, number, broker.url) as (worker, seconds):
                    clock.append(seconds)
                    processor.append(sum(psutil.Process(worker.child.pid).cpu_times()[:2]))
                    resident.append(_memory(worker))
            async with _working(children, size.rounds, broker.url) as (worker, _):
                await _write_much(broker.url)
                peak = _peak(worker)
    return Measurement(
        f"A worker of {SLOTS} slots: ready, and its memory",
        [
            under("worker: process start to first token, s", SECONDS_READY, median(clock)),
            under("worker: the same in processor time, s", SECONDS_READY, median(processor)),
            under("worker: resident when ready, MB", MEGABYTES, median(resident)),
            under(f"worker: most while {REPLIES} replies were written, {SLOTS} at once, MB", MEGABYTES, peak),
        ],
    )


@asynccontextmanager
async def _working(children: Children, number: int, url: str) -> AsyncIterator[tuple[Worker, float]]:
    began = time.monotonic()
    worker = start_worker(children, f"worker-{number}", url, "--slots", str(SLOTS))
    await worker.ready()
    yield worker, time.monotonic() - began
    worker.child.kill()


async def _write_much(url: str) -> None:
    writer = CeleryWriter(Broker(url), "default")
    prompts = [prompt_of(f"where is my order {number}?", 120.0, 48) for number in range(REPLIES)]
    await asyncio.gather(*(writer.write(prompt, lambda _: None) for prompt in prompts))
    await writer.close()


def _memory(worker: Worker) -> float:
    return float(psutil.Process(worker.child.pid).memory_info().rss) / MEGABYTE


def _peak(worker: Worker) -> float:
    """The most it ever held, as the kernel counted."""
    status = Path(f"/proc/{worker.child.pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return 1024 * float(line.split()[1]) / MEGABYTE
