"""Celery's consumer, made to live through messages that are no prompts, and to keep their text out of the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery.worker.consumer import Consumer

PREFETCHED = 2
"""Prompts taken off the queue before a thread is free. Each more would wait here while another worker idles."""

RETRY = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2.0}
"""Seconds between attempts to reach a broker that is away. Celery's grow to half a minute, for which people would wait
when the broker is back."""


class PromptConsumer(Consumer):  # type: ignore[misc]
    """Takes prompts off the queue. Whatever else it finds there is taken off, logged by kind, and forgotten.

    Celery logs the whole body of messages that it does not understand, and lets some of them end the worker or hold a
    place for ever.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """Without delayed delivery, which would declare two dozen queues that nobody here uses."""

        default_steps = tuple(step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "initial_prefetch_count": PREFETCHED})

    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(conn.ensure_connection, **RETRY)
        return super().ensure_connected(conn)

    @property
    def in_reach(self) -> bool:
        """Whether prompts can come from the broker now."""
        return bool(self.connection and self.connection.connected and self.task_consumer)

    def create_task_handler(self, *args: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*args)

        def guarded(message: Any) -> None:
            try:
                handle(message)
            except KeyError as error:  # kombu counts it among the connection errors of Redis
                self._drop(message, type(error).__name__)
            except self.connection_errors:
                raise
            except Exception as error:
                self._drop(message, type(error).__name__)

        return guarded

    def on_unknown_message(self, _body: Any, message: Any) -> None:
        self._drop(message, "no task")

    def on_unknown_task(self, _body: Any, message: Any, _exc: Any) -> None:
        self._drop(message, "unknown task")

    def on_invalid_task(self, _body: Any, message: Any, _exc: Any) -> None:
        self._drop(message, "invalid task")

    def on_decode_error(self, message: Any, _exc: Any) -> None:
        self._drop(message, "not decodable")

    def _drop(self, message: Any, why: str) -> None:
        log = structlog.get_logger(__name__)
        log.warning("broker.message_dropped", why=why)
        if not message.acknowledged:
            message.reject_log_error(log, self.connection_errors)
