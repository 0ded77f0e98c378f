from __future__ import annotations

import subprocess
import sys

from structlog.testing import capture_logs

from bot.operations.tracing import exported_spans
from tests.rig.collector import Collector

PROGRAM = """
from opentelemetry import trace
from bot.operations.tracing import exported_spans
with exported_spans("palaver"):
    with trace.get_tracer("test").start_as_current_span("work"):
        pass
"""


def run(**settings: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: OpenTelemetry can be set up once."""
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path), **settings}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def test_spans_reach_the_collector_before_the_process_ends():
    with Collector() as collector:
        ended = run(**collector.settings)
    assert ended.returncode == 0, ended.stderr
    assert [(span.service, span.name) for span in collector.spans] == [("palaver", "work")]


def test_the_owner_may_name_the_service():
    with Collector() as collector:
        run(**collector.settings, OTEL_SERVICE_NAME="shop-bot")
    assert [span.service for span in collector.spans] == ["shop-bot"]


def test_a_collector_that_is_away_costs_nothing_but_a_line_in_the_log():
    ended = run(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    assert ended.returncode == 0


def test_without_a_collector_nothing_is_imported(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delitem(sys.modules, "opentelemetry.sdk.trace", raising=False)
    with exported_spans("palaver"):
        assert "opentelemetry.sdk.trace" not in sys.modules


def test_without_the_library_the_bot_runs_on_and_says_what_to_install(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with capture_logs() as logs, exported_spans("palaver"):
        pass
    assert [line["event"] for line in logs] == ["tracing.not_installed"]
    assert "palaver[tracing]" in logs[0]["next"]
