"""Runs pieces of work as processes, several at the same time, each with a log of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlg.errors import TrainingError
from nlg.evaluation.progress import Begin

PAUSE = 0.2
LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of `nlg.headline.work`, done once `done` exists."""

    name: str
    arguments: Sequence[str]
    done: Path


class Jobs:
    """Runs at most `together` at once. The first that fails ends the journey; what the others have done is kept."""

    def __init__(self, logs: Path, together: int, begin: Begin) -> None:
        self._logs, self._together, self._begin = logs, together, begin
        self._alone = {"TOKENIZERS_PARALLELISM": "false"} | ({"OMP_NUM_THREADS": "1"} if together > 1 else {})
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, what: str, jobs: Iterable[Job]) -> None:
        """Do all that is not done yet; raise `TrainingError` with the end of its log when one fails."""
        waiting = [job for job in jobs if not job.done.exists()]
        advance = self._begin(what, len(waiting))
        working: dict[str, tuple[Job, subprocess.Popen[bytes]]] = {}
        try:
            while waiting or working:
                while waiting and len(working) < self._together:
                    job = waiting.pop(0)
                    working[job.name] = job, self._start(job)
                time.sleep(PAUSE)
                for name in [name for name, (_, process) in working.items() if process.poll() is not None]:
                    self._end(*working.pop(name))
                    advance(1)
        finally:
            for _, process in working.values():
                process.terminate()
                process.wait()

    def _start(self, job: Job) -> subprocess.Popen[bytes]:
        with self._log(job).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own module, with paths that the owner gave
                [sys.executable, "-m", "nlg.headline.work", *job.arguments],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **self._alone},
            )  # fmt: skip

    def _end(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        if process.returncode:
            tail = "\n".join(self._log(job).read_text(errors="replace").splitlines()[-LAST_LINES:])
            raise TrainingError(f"{job.name} failed ({process.returncode}). The end of {self._log(job)}:\n{tail}")

    def _log(self, job: Job) -> Path:
        return self._logs / f"{job.name.replace('/', '.')}.log"
