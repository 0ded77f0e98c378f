"""A worker: takes prompts from a broker, writes drafts with one engine, and sends them back to who asked.

It knows neither the database nor any chat platform. Threads only hand prompts to the engine and wait, so nothing forks
after a model (or a GPU) is loaded.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, signals
from celery.apps.worker import Worker as CeleryWorker
from celery.worker.control import control_command

from nlg.contract import GENERATE_TASK, STOP_TASK
from nlg.serving.broker import Broker
from nlg.serving.figures import Figures
from nlg.serving.generation import Generation
from nlg.serving.interfaces import Generator
from nlg.serving.probes import ProbeServer, ReadyFile
from nlg.serving.renewal import Renewal
from nlg.serving.sender import ReplySender
from nlg.serving.switch import Switch

DRAIN_SECONDS = 20.0
"""How long after SIGTERM drafts may still be finished. Then whoever waits is sent to another worker."""

LEAVE_SECONDS = 5.0
"""How long after that the process ends whatever happens."""

SPARE = 0.25
"""Prompts that are taken beyond the slots, as a share of them: they begin in the step in which a slot gets free."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a worker works and how it is watched. `folder` is looked at for another model; `port` 0 serves nothing."""

    queue: str = "default"
    slots: int = 16
    folder: Path | None = None
    ready_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0

    @property
    def threads(self) -> int:
        return self.slots + max(2, int(SPARE * self.slots))


class Duty:
    """Whether prompts are taken now, and if not, why."""

    def __init__(self) -> None:
        self.generation: Generation | None = None
        self.worker: Any = None
        self.leaving = False

    @property
    def at_work(self) -> int:
        return self.generation.at_work if self.generation is not None else 0

    def trouble(self) -> str:
        if self.worker is None:
            return "the model is being loaded"
        if self.leaving:
            return "the worker leaves"
        consumer = getattr(self.worker, "consumer", None)
        return "" if consumer is not None and consumer.in_reach else "the broker cannot be reached"


def worker_app(broker: Broker, queue: str, generation: Generation) -> Celery:
    """Return a Celery app with the one task, which reads the one queue, and the one broadcast of a worker."""
    app = broker.celery()
    app.conf.update(
        task_queues=[broker.prompts(queue)],
        worker_pool="threads",
        worker_consumer="nlg.serving.consumer:PromptConsumer",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_prefetch_count_reduction=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,  # only those with late acks, of which there are none
        control_queue_exclusive=False,  # else a silent connection keeps its successor out, which ends the worker
        control_queue_durable=True,
        broker_channel_error_retry=True,
    )

    @app.task(name=GENERATE_TASK, shared=False)  # type: ignore[untyped-decorator]
    def generate(ask: Mapping[str, Any]) -> None:
        generation.answer(ask)

    @control_command(name=STOP_TASK, args=[("prompt_id", str)])  # type: ignore[untyped-decorator]
    def stop(state: Any, prompt_id: str, **_: Any) -> None:  # noqa: ARG001 - Celery passes it
        generation.stop(str(prompt_id))

    return app


def run_worker(broker: Broker, open_engine: Callable[[], Generator], post: Post) -> int:
    """Work until SIGTERM or SIGINT, then finish what is being written; return the exit status.

    Says on standard output when it is ready: the model has written its first token, the broker was reached. One that is
    away is waited for. SIGHUP, or another model in the folder, changes the model without a pause. Raises what
    `open_engine` raises, and `OSError` when the port cannot be had.
    """
    duty = Duty()
    figures = Figures(post.slots, lambda: duty.at_work)
    with ExitStack() as held:
        _open_probes(held, post, duty, figures)
        switch, sender = Switch(open_engine), ReplySender(broker)
        held.callback(switch.close)
        held.callback(sender.close)
        renewal = Renewal(switch.renew, post.folder, figures.renewed)
        held.callback(renewal.close)
        generation = duty.generation = Generation(switch, sender, post.slots, figures)
        _say_ready(lambda: f"ready: model {switch.model} on queue {post.queue}")
        _drain_on_shutdown(duty, generation)
        worker = _Worker(
            app=worker_app(broker, post.queue, generation),
            hostname=f"{post.queue}-{secrets.token_hex(4)}@{socket.gethostname()}",
            concurrency=post.threads,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.renewal = renewal
        duty.worker = worker
        worker.start()
    return int(worker.exitcode or 0)


class _Worker(CeleryWorker):  # type: ignore[misc]
    """Renews the model on SIGHUP, for which Celery would start the whole process anew."""

    renewal: Renewal

    def install_platform_tweaks(self, worker: Any) -> None:
        super().install_platform_tweaks(worker)
        signal.signal(signal.SIGHUP, lambda *_: self.renewal.ask())


def _open_probes(held: ExitStack, post: Post, duty: Duty, figures: Figures) -> None:
    if post.ready_file is not None:
        held.callback(ReadyFile(post.ready_file, duty.trouble).close)
    if post.port:
        server = ProbeServer(post.host, post.port, duty.trouble, figures.exposition)
        held.callback(server.close)


def _say_ready(line: Callable[[], str]) -> None:
    @signals.setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
    def keep_logging(**_: Any) -> None:
        """Celery leaves logging alone when somebody listens here."""

    @signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
    def say(**_: Any) -> None:
        print(line(), flush=True)  # noqa: T201 - for people and for scripts


def _drain_on_shutdown(duty: Duty, generation: Generation) -> None:
    @signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def drain(**_: Any) -> None:
        duty.leaving = True
        structlog.get_logger(__name__).info("worker.leaving", at_work=generation.at_work)
        _later(DRAIN_SECONDS, generation.leave)
        _later(DRAIN_SECONDS + LEAVE_SECONDS, _end)


def _later(seconds: float, what: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


def _end() -> None:
    os._exit(1)
