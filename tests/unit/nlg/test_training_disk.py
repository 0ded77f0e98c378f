"""Full disks: a limit on the size of files, and a disk of half a megabyte where one can be made."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlg import checkpoint
from nlg.errors import TrainingError
from nlg.training.disk import put
from nlg.training.run import Silence, train

ROOT = Path(__file__).parents[3]

TRAINED = """
import resource, sys
from pathlib import Path
import torch
from nlg.errors import TrainingError
from nlg.training import trainer
from nlg.training.run import Silence, train

class Steps(Silence):
    def stepped(self, step, steps, loss):
        if step == 4:  # in the middle of the second epoch of six
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

torch.set_num_threads(1)
trainer.SECONDS_BETWEEN_STATES = float(sys.argv[5])
limit = int(sys.argv[4])
try:
    train(*map(Path, sys.argv[1:4]), Steps(), resume=True)
except TrainingError as error:
    print(error)
"""


def train_with_room(recipe: Path, corpus: Path, folder: Path, room: int, seconds: int) -> str:
    """Train in a process that from its fourth step on can write no file of more than `room` bytes."""
    command = [sys.executable, "-c", TRAINED, *map(str, (recipe, corpus, folder, room, seconds))]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_full_disk_is_said_and_costs_nothing(recipe: Path, corpus: Path, tmp_path: Path, seconds: int) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    told = train_with_room(recipe, corpus, cut, 4096, seconds)
    assert f"cannot write into {cut}: File too large. What was saved there before is whole. Make room" in told
    assert "--resume" in told
    checkpoint.load(cut / "model")
    assert not [*cut.rglob("*.new"), *cut.glob(".model*")]
    train(recipe, corpus, whole, Silence())
    train(recipe, corpus, cut, Silence(), resume=True)
    for name in ("state.safetensors", "model/model.safetensors", "model/manifest.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "state"
    put(path, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(TrainingError, match="File too large"):
            put(path, b"new" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk with half a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full_is_said(small: Path, recipe: Path, corpus: Path) -> None:
    run = small / "run"
    train(recipe, corpus, run, Silence())
    good = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    room = os.statvfs(small)
    (small / "filler").write_bytes(b"x" * (room.f_bavail * room.f_frsize))
    with pytest.raises(TrainingError, match="No space left on device"):
        train(recipe, corpus, small / "other", Silence())
    with pytest.raises(TrainingError, match="No space left on device"):
        put(run / "state.safetensors", b"x" * 4096)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == good
