"""Sends spans to a collector, over OTLP/HTTP, where OpenTelemetry's own variables name one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

NAMED_BY = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The standard's variables, so that one setting serves all programs of a machine."""


@contextmanager
def exported_spans(service: str) -> Iterator[None]:
    """Export what is traced meanwhile, under this name unless OTEL_SERVICE_NAME gives another.

    Does nothing where no collector is named, or where OpenTelemetry was set up already (`opentelemetry-instrument`).
    A collector that is away is logged and costs nobody an answer.
    """
    if not any(os.environ.get(name) for name in NAMED_BY):
        yield
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError:
        structlog.get_logger(__name__).warning("tracing.not_installed", next="pip install 'palaver[tracing]'")
        yield
        return
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield
        return
    resource = Resource.create({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
