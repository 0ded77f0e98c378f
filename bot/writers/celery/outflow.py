"""Sends prompts and stops to workers, in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nlg.contract import GENERATE_TASK, STOP_TASK, Unreachable
from nlg.serving.broker import Broker
from nlg.serving.wire import Ask

SENDERS = 2
CONNECTIONS = 2
"""A broadcast holds one while it asks for another: with fewer, two at once would wait for each other for ever."""

CONFIRM_SECONDS = 2.0
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""For connections that broke since they were last used; a broker that is away is not waited for."""


class Outflow:
    """Publishes to one broker. Both methods raise `Unreachable` when it does not take the message."""

    def __init__(self, broker: Broker, queue: str) -> None:
        self._app = broker.celery()
        self._app.conf.broker_pool_limit = SENDERS * CONNECTIONS
        self._queue = broker.prompts(queue)
        self._lost = broker.errors()
        self._threads = ThreadPoolExecutor(SENDERS, "prompts")

    async def ask(self, ask: Ask) -> None:
        """Put a prompt into the workers' queue."""
        await self._run(lambda: self._send(ask))

    async def stop(self, prompt_id: str) -> None:
        """Tell all workers to end the writing of this prompt."""
        await self._run(lambda: self._app.control.broadcast(STOP_TASK, {"prompt_id": prompt_id}))

    def close(self) -> None:
        """Blocks until what is being sent is sent or given up."""
        self._threads.shutdown(cancel_futures=True)
        self._app.close()

    def _send(self, ask: Ask) -> None:
        self._app.send_task(
            GENERATE_TASK,
            args=[ask.to_wire()],
            argsrepr="",  # else Celery would put the person's words into a header that it logs
            kwargsrepr="",
            queue=self._queue,
            ignore_result=True,
            expiration=ask.prompt.seconds,  # kept by RabbitMQ's clock; with Redis the worker looks at `sent`
            confirm_timeout=CONFIRM_SECONDS,
            retry=True,
            retry_policy=_ONCE_MORE,
        )

    async def _run(self, publish: Callable[[], Any]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, publish)
        except self._lost as error:
            raise Unreachable(f"the broker takes no message ({type(error).__name__})") from None
