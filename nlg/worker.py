"""A worker: takes prompts from a broker, writes drafts with one engine, and sends them back to who asked.

It knows neither the database nor any chat platform. Threads only hand prompts to the engine and wait, so nothing forks
after a model (or a GPU) is loaded.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from celery import Celery, signals
from celery.apps.worker import Worker as CeleryWorker
from celery.worker.control import control_command

from nlg.contract import GENERATE_TASK, STOP_TASK
from nlg.serving.broker import Broker
from nlg.serving.generation import Generation
from nlg.serving.interfaces import Generator
from nlg.serving.sender import ReplySender

DRAIN_SECONDS = 20.0
"""How long after SIGTERM drafts may still be finished. Then whoever waits is sent to another worker."""

LEAVE_SECONDS = 5.0
"""How long after that the process ends whatever happens."""


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


def run_worker(broker: Broker, queue: str, engine: Generator, slots: int, model: str) -> int:
    """Work until SIGTERM or SIGINT, then finish what is being written; return the exit status.

    Says on standard output when it is ready, with the model's name. A broker that is away is waited for.
    """
    sender = ReplySender(broker)
    generation = Generation(engine, sender)
    app = worker_app(broker, queue, generation)

    @signals.setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
    def keep_logging(**_: Any) -> None:
        """Celery leaves logging alone when somebody listens here."""

    @signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
    def say_ready(**_: Any) -> None:
        print(f"ready: model {model} on queue {queue}", flush=True)  # noqa: T201 - for people and for scripts

    @signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def drain(**_: Any) -> None:
        _later(DRAIN_SECONDS, generation.leave)
        _later(DRAIN_SECONDS + LEAVE_SECONDS, _end)

    worker = CeleryWorker(
        app=app,
        hostname=f"{queue}-{secrets.token_hex(4)}@{socket.gethostname()}",
        concurrency=slots,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sender.close()
    engine.close()
    return int(worker.exitcode or 0)


def _later(seconds: float, what: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


def _end() -> None:
    os._exit(1)
