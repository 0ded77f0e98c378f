"""What the bot counts, as Prometheus reads it. Names of channels, states and models only; nobody's id or words."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from bot.messages import State, Writing

ANSWER_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
"""Seconds a person waits."""
MODEL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60)


class Metrics:
    """Made once by the app. Each has a registry of its own, so that two in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._messages = _Messages(self._registry)
        self._sending = _Sending(self._registry)
        self._model = _Model(self._registry)

    def accepted(self, channel: str) -> None:
        """A message was committed."""
        self._messages.accepted.labels(channel).inc()

    def ignored(self, channel: str, reason: str) -> None:
        """A delivery was not for us, or could not be used; `reason` names the rule."""
        self._messages.ignored.labels(channel, reason).inc()

    def ended(self, channel: str, state: State, seconds: float) -> None:
        """A message reached its end, `seconds` after it was accepted."""
        self._messages.ended.labels(channel, state).inc()
        if state in (State.ANSWERED, State.ANSWERED_UNSURE):
            self._messages.waited.labels(channel).observe(seconds)

    def ledger(self, states: Mapping[State, int], oldest_open: float, waiting: int = 0) -> None:
        """Show the books as they stand in the database: accepted = ended + open.

        `oldest_open` in seconds; `waiting` is how many conversations are due and not yet claimed.
        """
        for state in State:
            self._messages.ledger.labels(state).set(states.get(state, 0))
        self._messages.open.set(sum(count for state, count in states.items() if not state.ended))
        self._messages.oldest.set(oldest_open)
        self._messages.waiting.set(waiting)

    def attempted(self, channel: str, outcome: str, *, repeat: bool = False) -> None:
        """A part was sent: `outcome` is `sent`, `not_sent`, `refused`, `unsure` or `locked`.

        `repeat` says that an earlier attempt may have been seen already.
        """
        self._sending.attempts.labels(channel, outcome).inc()
        if repeat:
            self._sending.duplicates.labels(channel).inc()

    def silences(self, seconds: Mapping[str, float]) -> None:
        """Show how long ago each channel was last heard."""
        for channel, silence in seconds.items():
            self._sending.silence.labels(channel).set(silence)

    def written(self, writing: Writing) -> None:
        """A model wrote a reply."""
        for phase in ("queued", "first", "total"):
            self._model.seconds.labels(writing.model, phase).observe(getattr(writing, phase) / 1000)
        self._model.tokens.labels(writing.model, "prompt").inc(writing.prompt_tokens)
        self._model.tokens.labels(writing.model, "reply").inc(writing.reply_tokens)
        self._model.replies.labels(writing.model, writing.finish).inc()

    def unwritten(self, reason: str) -> None:
        """No model answered; `reason` is one or two words."""
        self._model.failures.labels(reason).inc()

    def shadowed(self, version: str, outcome: str) -> None:
        """A shadow answered: `written`, `failed`, or `dropped` since people went before."""
        self._model.shadows.labels(version, outcome).inc()

    def rolled_back(self, version: str, measure: str) -> None:
        """A canary was taken back, as its `measure` was worse than that of production."""
        self._model.rollbacks.labels(version, measure).inc()

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Messages:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.accepted = Counter("palaver_accepted", "Messages accepted", ["channel"], registry=registry)
        self.ignored = Counter("palaver_ignored", "Deliveries not answered", ["channel", "reason"], registry=registry)
        self.ended = Counter("palaver_ended", "Messages ended, by state", ["channel", "state"], registry=registry)
        self.ledger = Gauge("palaver_ledger", "Messages in the database, by state", ["state"], registry=registry)
        self.open = Gauge("palaver_open", "Messages that have not ended", registry=registry)
        self.oldest = Gauge("palaver_oldest_open_seconds", "Age of the oldest open message", registry=registry)
        self.waiting = Gauge("palaver_waiting_conversations", "Due and not yet claimed", registry=registry)
        self.waited = Histogram(
            "palaver_answer_seconds",
            "From accepted to delivered",
            ["channel"],
            buckets=ANSWER_BUCKETS,
            registry=registry,
        )


class _Sending:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter("palaver_send_attempts", "Parts sent", ["channel", "outcome"], registry=registry)
        self.duplicates = Counter(
            "palaver_possible_duplicates", "Parts sent that may have been seen before", ["channel"], registry=registry
        )
        self.silence = Gauge(
            "palaver_channel_silence_seconds", "Since the channel was heard", ["channel"], registry=registry
        )


class _Model:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "palaver_model_seconds",
            "Time of one reply: queued, to the first token, in total",
            ["model", "phase"],
            buckets=MODEL_BUCKETS,
            registry=registry,
        )
        self.tokens = Counter("palaver_model_tokens", "Tokens read and written", ["model", "kind"], registry=registry)
        self.replies = Counter(
            "palaver_model_replies", "Replies, by why they ended", ["model", "finish"], registry=registry
        )
        self.failures = Counter("palaver_model_failures", "Questions no model answered", ["reason"], registry=registry)
        self.shadows = Counter(
            "palaver_shadow_replies", "Replies nobody sees, by outcome", ["version", "outcome"], registry=registry
        )
        self.rollbacks = Counter(
            "palaver_rollbacks", "Canaries taken back by themselves", ["version", "measure"], registry=registry
        )
