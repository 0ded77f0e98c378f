"""The numbers are there, by channel and state, and nobody's name is."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bot.messages import State, Writing
from bot.operations.metrics import Metrics


def read(metrics):
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_messages_are_counted_by_channel_and_state():
    metrics = Metrics()
    metrics.accepted("telegram")
    metrics.accepted("telegram")
    metrics.ended("telegram", State.ANSWERED, 2.5)
    metrics.ended("telegram", State.IGNORED, 0.1)
    found = read(metrics)
    assert found["palaver_accepted_total", "telegram"] == 2
    assert found["palaver_ended_total", "answered", "telegram"] == 1
    assert found["palaver_ended_total", "ignored", "telegram"] == 1


def test_only_answers_count_as_waiting_time():
    metrics = Metrics()
    metrics.ended("slack", State.ANSWERED, 2.5)
    metrics.ended("slack", State.ANSWERED_UNSURE, 4.0)
    metrics.ended("slack", State.SHED, 100.0)
    found = read(metrics)
    assert found["palaver_answer_seconds_count", "slack"] == 2
    assert found["palaver_answer_seconds_sum", "slack"] == 6.5
    assert found["palaver_answer_seconds_bucket", "3.0", "slack"] == 1


def test_the_ledger_adds_up_and_forgets_what_is_gone():
    metrics = Metrics()
    metrics.ledger({State.OPEN: 3, State.REPLYING: 1, State.ANSWERED: 10}, oldest_open=4.5, waiting=2)
    found = read(metrics)
    states = [found["palaver_ledger", state] for state in State]
    assert sum(states) == 14
    assert (found["palaver_open",], found["palaver_oldest_open_seconds",]) == (4, 4.5)
    assert found["palaver_waiting_conversations",] == 2
    metrics.ledger({State.ANSWERED: 14}, oldest_open=0)
    assert read(metrics)["palaver_ledger", "open"] == 0
    assert read(metrics)["palaver_open",] == 0


def test_a_possible_duplicate_is_counted_apart():
    metrics = Metrics()
    metrics.attempted("telegram", "unsure")
    metrics.attempted("telegram", "sent", repeat=True)
    found = read(metrics)
    assert found["palaver_send_attempts_total", "telegram", "unsure"] == 1
    assert found["palaver_send_attempts_total", "sent", "telegram"] == 1
    assert found["palaver_possible_duplicates_total", "telegram"] == 1


def test_a_model_shows_its_times_in_seconds_and_its_tokens():
    metrics = Metrics()
    metrics.written(Writing("service", 0.0, "end", prompt_tokens=30, reply_tokens=12, queued=10, first=40, total=1500))
    metrics.unwritten("deadline")
    found = read(metrics)
    assert found["palaver_model_seconds_sum", "service", "total"] == 1.5
    assert found["palaver_model_tokens_total", "reply", "service"] == 12
    assert found["palaver_model_replies_total", "end", "service"] == 1
    assert found["palaver_model_failures_total", "deadline"] == 1


def test_the_silence_of_each_channel_shows():
    metrics = Metrics()
    metrics.silences({"telegram": 12.0})
    assert read(metrics)["palaver_channel_silence_seconds", "telegram"] == 12


def test_two_in_one_process_do_not_meet():
    one, other = Metrics(), Metrics()
    one.accepted("web")
    assert ("palaver_accepted_total", "web") not in read(other)


def test_the_process_shows_its_memory():
    assert read(Metrics())["process_resident_memory_bytes",] > 1_000_000
