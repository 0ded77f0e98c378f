"""The product as its owner starts it: `palaver run` and `palaver worker`, with settings in the environment only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.rig.children import Child, Children
from tests.rig.ports import free_port

PALAVER = str(Path(sys.executable).parent / "palaver")
KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START")
START_SECONDS = 60.0
"""How long a process may take to be ready: a model is loaded, on a machine with other work."""


@dataclass(frozen=True, slots=True)
class Bot:
    """One `palaver run`."""

    child: Child
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ready(self, seconds: float = START_SECONDS) -> float:
        """Wait until it serves every channel; return the seconds. Raises `Died` and `TimeoutError`."""
        return await self.child.until(self._is_ready, seconds)

    async def _is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                return (await client.get(f"{self.url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False


@dataclass(frozen=True, slots=True)
class Worker:
    """One `palaver worker`."""

    child: Child

    async def ready(self, seconds: float = START_SECONDS) -> float:
        """Wait until it takes prompts; return the seconds. Raises `Died` and `TimeoutError`."""
        return await self.child.until(self._is_ready, seconds)

    async def _is_ready(self) -> bool:
        return "ready: model" in self.child.output


def start_bot(children: Children, name: str, settings: Mapping[str, str], channels: Sequence[str]) -> Bot:
    """Start a bot that serves these channels on a port of its own."""
    port = free_port()
    env = {**settings, "PALAVER_HTTP_PORT": str(port)}
    flags = [word for channel in channels for word in ("--channel", channel)]
    return Bot(children.start(name, [PALAVER, "run", *flags], environment(env)), port)


def start_worker(children: Children, name: str, broker_url: str, *flags: str) -> Worker:
    """Start a worker on this broker."""
    env = environment({"PALAVER_BROKER_URL": broker_url})
    return Worker(children.start(name, [PALAVER, "worker", *flags], env))


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # People of trials write faster than people do.
    common = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PALAVER_LIMITS_PER_MINUTE": "0"}
    return {**kept, **common, "PALAVER_LIMITS_PER_DAY": "0", **settings}
