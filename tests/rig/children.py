"""Processes of ours: each in a group of its own, its output in a file, none left behind."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PR_SET_PDEATHSIG = 1
POLL = 0.05


class Died(Exception):
    """A process ended while it was waited for. The message holds the end of its log."""


class Child:
    """One process. `start` may be called again after it ended; the log grows on."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._env, self._folder = command, env, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._written = 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    @property
    def code(self) -> int | None:
        """The exit status, negative for a signal; `None` while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def output(self) -> str:
        """What it has written since its last start."""
        return self.log.read_bytes()[self._written :].decode("utf-8", "replace") if self.log.exists() else ""

    def start(self) -> None:
        self._written = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=dict(self._env),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing happens if it is gone."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """`kill -9`, and wait until the kernel has taken it away."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    async def ended(self, seconds: float) -> int:
        """Wait for the end and return the exit status. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while (code := self.code) is None:
                await asyncio.sleep(POLL)
        return code

    async def until(self, ready: Callable[[], Awaitable[bool]], seconds: float) -> float:
        """Wait until it is ready and return how long that took. Raises `Died` and `TimeoutError`."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                while not await ready():
                    if not self.alive:
                        raise Died(f"{self.name} ended with {self.code}:\n{self.tail()}")
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise TimeoutError(f"{self.name} was not ready in {seconds:.0f} s:\n{self.tail()}") from None
        return time.monotonic() - began

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.output.splitlines()[-lines:])


class Children:
    """Starts processes and ends them all, however the block is left. They also die if we are killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Child:
        child = Child(name, command, env, self._folder)
        self._children.append(child)
        child.start()
        return child

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        atexit.register(self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        atexit.unregister(self._end)

    def _end(self) -> None:
        for child in reversed(self._children):
            child.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
