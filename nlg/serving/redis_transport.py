"""kombu's Redis transport, made to live through entries that are no messages.

Anyone who can write to the broker can push a line that is not JSON. kombu raises it into Celery's event loop, which
ends the worker (seen with kombu 5.7.0 and celery 5.7.0). Such an entry is already taken off the list, so it is
dropped and counted in the log, without its text.
"""

from __future__ import annotations

from queue import Empty
from typing import Any

import structlog
from kombu.transport import redis

_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


class Channel(redis.Channel):
    """Reads lists and broadcasts, and drops what cannot be read."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except _BROKEN as error:
            raise self._dropped(error) from None

    def _receive_one(self, c: Any) -> Any:
        try:
            return super()._receive_one(c)  # type: ignore[no-untyped-call]
        except _BROKEN as error:
            raise self._dropped(error) from None

    def _dropped(self, error: Exception) -> Empty:
        structlog.get_logger(__name__).warning("broker.entry_dropped", error=type(error).__name__)
        return Empty()


class Transport(redis.Transport):
    """The transport to name in `broker_transport`."""

    Channel = Channel
