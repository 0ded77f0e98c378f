"""What a worker counts, for Prometheus. None of it holds a word of anybody."""

from __future__ import annotations

import sys
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest

from nlg.contract import Draft

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SPEEDS = (5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120)
AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Figures:
    """The metrics of one worker. Safe in many threads; `used` says how many prompts are at work now."""

    def __init__(self, slots: int, used: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # process_resident_memory_bytes and others
        self._gauge("slots", "Replies that may be written at once").set(slots)
        self._gauge("slots_used", "Prompts at work").set_function(used)
        self._gauge("gpu_memory_bytes", "Memory of the GPU that tensors hold").set_function(gpu_memory)
        self._waiting = self._histogram("queue_seconds", "How long prompts waited in the broker", SECONDS)
        self._first = self._histogram("first_token_seconds", "From the engine's taking it to the first token", SECONDS)
        self._speed = self._histogram("reply_tokens_per_second", "Tokens of a reply by the time of its writing", SPEEDS)
        self._at_once = self._histogram("batch_size", "Prompts at work when one more began", AT_ONCE)
        self._tokens = self._counter("tokens", "Tokens written", "model")
        self._prompts = self._counter("prompts", "Prompts, by what became of them", "outcome")
        self._reloads = self._counter("reloads", "Times that the model was renewed, or kept because that failed", "to")

    def taken(self, waited: float, at_once: int) -> None:
        self._waiting.observe(max(0.0, waited))
        self._at_once.observe(at_once)

    def written(self, draft: Draft) -> None:
        self._prompts.labels(draft.finish.value).inc()
        self._tokens.labels(draft.model).inc(draft.reply_tokens)
        timing = draft.timing
        if draft.reply_tokens:
            self._first.observe(timing.first / 1000)
            self._speed.observe(1000 * draft.reply_tokens / max(timing.total - timing.queued, 0.01))

    def failed(self, reason: str) -> None:
        self._prompts.labels(reason).inc()

    def renewed(self, succeeded: bool) -> None:
        self._reloads.labels("new" if succeeded else "kept").inc()

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(f"palaver_worker_{name}", says, registry=self.registry)

    def _counter(self, name: str, says: str, label: str) -> Counter:
        return Counter(f"palaver_worker_{name}", says, [label], registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"palaver_worker_{name}", says, buckets=buckets, registry=self.registry)


def gpu_memory() -> float:
    """Bytes of GPU memory that tensors hold; 0 without a GPU, and without importing torch to find out."""
    torch = sys.modules.get("torch")
    return float(torch.cuda.memory_allocated()) if torch is not None and torch.cuda.is_available() else 0.0
