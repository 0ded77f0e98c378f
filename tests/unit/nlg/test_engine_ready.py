"""What a worker loads before it can write: torch and the model, and nothing that takes seconds beside."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from nlg import threads

WRITE = """
import sys
from nlg import default_model
from nlg.contract import Decoding, Line, Prompt, Role
from nlg.engine import Engine
engine = Engine(default_model(), slots=2, threads=0)
asked = Prompt("a", (Line(Role.USER, "Where is my order?"),), 60.0, decoding=Decoding(max_tokens=8))
print(engine.submit(asked, lambda _: None).result(60).finish)
engine.close()
theirs, ours = {"transformers", "accelerate", "peft", "matplotlib"}, {"training", "evaluation", "teaching", "hub"}
print(sorted(name for name in sys.modules if name.split(".")[0] in theirs))
print(sorted(name for name in sys.modules if name.startswith("nlg.") and name.split(".")[1] in ours))
"""


def test_the_engine_writes_without_transformers_and_without_what_trains() -> None:
    told = subprocess.run([sys.executable, "-c", WRITE], capture_output=True, text=True, timeout=110, check=False)
    assert told.returncode == 0, told.stderr
    finish, theirs, ours = told.stdout.splitlines()
    assert finish in {"end", "length"}
    assert (theirs, ours) == ("[]", "[]")


@pytest.mark.parametrize(("slow", "chosen"), [({1: 3.0, 2: 1.0}, 2), ({1: 1.0, 2: 0.95}, 1), ({1: 1.0, 2: 2.0}, 1)])
def test_more_cores_are_taken_where_they_are_clearly_quicker(
    slow: dict[int, float], chosen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, now = torch.get_num_threads(), [0.0]
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now[0])

    def work() -> None:
        now[0] += slow[torch.get_num_threads()]

    try:
        assert threads.measured(work) == chosen
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
