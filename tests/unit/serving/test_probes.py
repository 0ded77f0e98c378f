from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from nlg.contract import Draft, Finish, Timing
from nlg.serving import probes
from nlg.serving.figures import Figures
from nlg.serving.probes import ProbeServer, ReadyFile


@pytest.fixture
def trouble():
    return [""]


@pytest.fixture
def server(trouble):
    figures = Figures(64, lambda: 3)
    figures.taken(0.02, 3)
    figures.written(Draft("p", "two words", -1.0, "small@1", Finish.END, 9, 30, timing=Timing(5.0, 20.0, 105.0)))
    figures.failed("busy")
    figures.renewed(True)
    opened = ProbeServer("127.0.0.1", 0, lambda: trouble[0], figures.exposition)
    yield opened
    opened.close()


def ask(server, path):
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False)


def test_ready_or_not_and_why(server, trouble):
    assert (ask(server, "/readyz").status_code, ask(server, "/healthz").status_code) == (200, 200)
    trouble[0] = "the broker cannot be reached"
    answer = ask(server, "/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": trouble[0]})
    assert ask(server, "/healthz").status_code == 200, "a worker without its broker need not be started anew"
    assert ask(server, "/etc/passwd").status_code == 404


def test_the_metrics_say_what_was_done(server):
    text = ask(server, "/metrics").text
    for line in (
        "palaver_worker_slots 64.0",
        "palaver_worker_slots_used 3.0",
        'palaver_worker_prompts_total{outcome="end"} 1.0',
        'palaver_worker_prompts_total{outcome="busy"} 1.0',
        'palaver_worker_tokens_total{model="small@1"} 30.0',
        'palaver_worker_reloads_total{to="new"} 1.0',
        'palaver_worker_queue_seconds_bucket{le="0.025"} 1.0',
        'palaver_worker_first_token_seconds_bucket{le="0.025"} 1.0',
        'palaver_worker_batch_size_bucket{le="4.0"} 1.0',
        "palaver_worker_reply_tokens_per_second_sum 300.0",
    ):
        assert line in text
    assert "process_resident_memory_bytes" in text


def test_a_port_that_is_taken_is_an_error(server):
    with pytest.raises(OSError, match="in use"):
        ProbeServer("127.0.0.1", server.port, lambda: "", lambda: b"")


def until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_file_is_there_and_fresh_while_all_is_well(tmp_path: Path, monkeypatch, trouble):
    monkeypatch.setattr(probes, "LOOK_SECONDS", 0.02)
    path = tmp_path / "ready"
    path.touch()  # left behind by one that was killed
    trouble[0] = "the model is being loaded"
    file = ReadyFile(path, lambda: trouble[0])
    assert not path.exists()
    trouble[0] = ""
    until(path.exists)
    first = path.stat().st_mtime_ns
    until(lambda: path.stat().st_mtime_ns > first)
    trouble[0] = "the worker leaves"
    until(lambda: not path.exists())
    trouble[0] = ""
    until(path.exists)
    file.close()
    assert not path.exists()
