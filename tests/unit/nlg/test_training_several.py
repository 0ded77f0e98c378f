from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nlg.errors import TrainingError
from nlg.training.run import Silence, train
from nlg.training.team import Alone, agreed, in_turn, usable

ROOT = Path(__file__).parents[3]

ONE_OF_SEVERAL = """
import sys
from pathlib import Path
import torch
from nlg.training.run import Silence, train
from nlg.training.team import gathered

class Steps(Silence):
    def stepped(self, step, steps, loss): print(step, loss, flush=True)

torch.set_num_threads(1)
with gathered("cpu") as team:
    train(*map(Path, sys.argv[1:]), Steps(), team=team)
"""


def start(recipe: Path, corpus: Path, folder: Path, size: int) -> list[subprocess.Popen[str]]:
    """Start the processes of a team as `accelerate launch` and `torchrun` do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    team = {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"}
    command = [sys.executable, "-W", "ignore", "-c", ONE_OF_SEVERAL, str(recipe), str(corpus), str(folder)]
    return [
        subprocess.Popen(
            command,
            env={**os.environ, **team, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for rank in range(size)
    ]


def test_two_processes_learn_what_one_learns_with_twice_the_batch(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("accelerate", reason="pip install 'palaver[train]'")
    text = recipe.read_text().replace("dropout = 0.1\ninitial", "dropout = 0.0\ninitial")
    recipe.write_text(text.replace("batch = 3", "batch = 3\naccumulate = 2").replace("epochs = 6", "epochs = 3"))
    alone, together = tmp_path / "alone", tmp_path / "together"
    processes = start(recipe, corpus, together, 2)
    train(recipe, corpus, alone, Silence())
    said = [process.communicate(timeout=100)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(said[0].splitlines()) == 9
    assert said[1] == ""
    ours, theirs = (load_file(folder / "state.safetensors") for folder in (alone, together))
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        torch.testing.assert_close(
            theirs[name], weight, atol=1e-5, rtol=1e-4, msg=lambda told, name=name: f"{name}: {told}"
        )
    rows = [json.loads((folder / "curve.json").read_text()) for folder in (alone, together)]
    assert [row["dev"] for row in rows[1]] == pytest.approx([row["dev"] for row in rows[0]], abs=1e-5)
    assert [row["train"] for row in rows[1]] == pytest.approx([row["train"] for row in rows[0]], abs=1e-5)


def test_what_the_first_leaves_on_the_disk_the_others_find() -> None:
    said: list[str] = []

    class Member(Alone):
        size = 2

        def __init__(self, rank: int) -> None:
            super().__init__(torch.device("cpu"))
            self.rank = rank

        def total(self, value: torch.Tensor) -> torch.Tensor:
            said.append("waits")
            return value

    def work() -> str:
        said.append("works")
        return "done"

    assert [in_turn(Member(rank), work) for rank in (0, 1)] == ["done", "done"]
    assert said == ["works", "waits", "waits", "works"]


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match=r"device 'cuda:7' cannot be used here.*Leave --device out"):
        usable("cuda:7")
    with pytest.raises(TrainingError, match=r"device 'abacus'"):
        usable("abacus")


def test_who_is_alone_decides_alone() -> None:
    row = {"dev": 1.25, "accuracy": 0.1}
    assert agreed(Alone(torch.device("cpu")), row) == row


def test_without_a_name_the_device_is_a_gpu_where_there_is_one() -> None:
    assert usable().type == ("cuda" if torch.cuda.is_available() else "cpu")
