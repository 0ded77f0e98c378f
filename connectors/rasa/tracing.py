"""Goes on with the trace that Rasa began (W3C Trace Context). Spans need `opentelemetry-api`; logs name it anyhow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import structlog

PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@contextmanager
def continued(headers: Mapping[str, str], name: str) -> Iterator[None]:
    """Work inside a span of this name that belongs to the caller's trace; what is logged meanwhile names the trace."""
    parent = PARENT.fullmatch(headers.get("traceparent", ""))
    noted = {"trace": parent[1], "parent_span": parent[2]} if parent else {}
    with structlog.contextvars.bound_contextvars(**noted), _span(headers, name):
        yield


def carried(headers: dict[str, str]) -> dict[str, str]:
    """Add the trace that is being worked in, for whoever is asked next."""
    try:
        from opentelemetry import propagate  # noqa: PLC0415 - not installed everywhere
    except ModuleNotFoundError:
        return headers
    propagate.inject(headers)
    return headers


def _span(headers: Mapping[str, str], name: str) -> Any:
    try:
        from opentelemetry import propagate, trace  # noqa: PLC0415 - not installed everywhere
    except ModuleNotFoundError:
        return nullcontext()
    # What an exception says may quote a person, so spans do not record it.
    return trace.get_tracer("palaver").start_as_current_span(
        name, context=propagate.extract(headers), record_exception=False, set_status_on_exception=False
    )
