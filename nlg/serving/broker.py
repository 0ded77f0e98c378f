"""The broker as bot and workers use it: Redis, RabbitMQ, or the memory of one process for tests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from nlg.serving.wire import REPLY_QUEUES

CONNECT_SECONDS = 1.5
HEARTBEAT_SECONDS = 5
REPLIES_KEPT_SECONDS = 60.0
"""A reply queue that nobody reads or writes goes away after this time."""

_REDIS = "nlg.serving.redis_transport:Transport"
_TRANSPORTS = {"redis": _REDIS, "rediss": _REDIS, "amqp": "pyamqp", "amqps": "pyamqp", "memory": "memory"}
_OPTIONS: dict[str, dict[str, Any]] = {
    _REDIS: {
        "socket_timeout": 3.0,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": HEARTBEAT_SECONDS,
    },
    "pyamqp": {"confirm_publish": True, "read_timeout": 3.0, "write_timeout": 3.0},
    "memory": {"polling_interval": 0.005},
}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where prompts and replies pass. Raises `ValueError` for a URL that is not one of a broker."""

    url: str

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in _TRANSPORTS:
            raise ValueError("a broker's address begins with redis://, rediss://, amqp:// or amqps://")

    def celery(self) -> Celery:
        """Return a Celery app of this broker: JSON only, no result backend."""
        app = Celery("nlg", broker=self.url, set_as_current=False)
        app.conf.update(
            broker_transport=self._transport,
            broker_transport_options=self._options,
            broker_connection_timeout=CONNECT_SECONDS,
            broker_connection_max_retries=None,
            broker_connection_retry_on_startup=True,
            broker_heartbeat=HEARTBEAT_SECONDS,
            task_serializer="json",
            accept_content=["json"],
            result_accept_content=["json"],
            task_ignore_result=True,
            task_acks_late=False,
            worker_prefetch_multiplier=1,
            enable_utc=True,
        )
        return app

    def connect(self, heartbeat: float = 0.0) -> Connection:
        """Return a connection that is opened on first use. With a `heartbeat`, whoever uses it must check it."""
        return Connection(
            self.url,
            transport=self._transport,
            transport_options=self._options,
            connect_timeout=CONNECT_SECONDS,
            heartbeat=heartbeat,
        )

    def prompts(self, name: str) -> Queue:
        """The queue where the prompts for one kind of worker wait."""
        kind = {"x-queue-type": "quorum"} if self._transport == "pyamqp" else None
        return Queue(f"nlg.{name}", Exchange(""), routing_key=f"nlg.{name}", queue_arguments=kind)

    def replies(self, name: str) -> Queue:
        """The queue that one bot process reads. Either side may declare it first."""
        return Queue(name, Exchange(""), routing_key=name, expires=REPLIES_KEPT_SECONDS)

    def errors(self) -> tuple[type[BaseException], ...]:
        """What connections of this broker raise when it cannot be reached."""
        connection = self.connect()
        lost = {*connection.connection_errors, *connection.channel_errors, OperationalError, OSError}
        return tuple(lost - {KeyError})

    @property
    def _transport(self) -> str:
        return _TRANSPORTS[urlsplit(self.url).scheme]

    @property
    def _options(self) -> dict[str, Any]:
        return dict(_OPTIONS[self._transport])


def new_reply_queue() -> str:
    """Return a name for a reply queue that no other process has."""
    return f"{REPLY_QUEUES}{uuid.uuid4().hex}"
