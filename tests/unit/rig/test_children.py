from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from tests.rig.children import Child, Children, Died

SLEEPER = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"


async def says_up(child: Child) -> float:
    async def up() -> bool:
        return "up" in child.log.read_text()

    return await child.until(up, 10)


async def never() -> bool:
    return False


def start(children: Children, code: str) -> Child:
    return children.start("child", [sys.executable, "-c", code], os.environ)


async def test_a_kill_takes_the_whole_group(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = start(children, SLEEPER)
        await says_up(child)
        grandchildren = psutil.Process(child.pid).children()
        child.kill()
        assert child.code == -9
        _, alive = psutil.wait_procs(grandchildren, timeout=5)
        assert grandchildren
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


async def test_nothing_is_left_behind_when_the_block_fails(tmp_path: Path) -> None:
    started: list[Child] = []

    def fail() -> None:
        with Children(tmp_path) as children:
            started.append(start(children, SLEEPER))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert not started[0].alive


async def test_a_process_that_dies_while_it_is_waited_for_says_why(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = start(children, "raise SystemExit('no port')")
        with pytest.raises(Died, match="no port"):
            await child.until(never, 10)


async def test_a_process_that_is_not_ready_in_time_says_what_it_did(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = start(children, SLEEPER)
        await says_up(child)
        with pytest.raises(TimeoutError, match="up"):
            await child.until(never, 0.1)


async def test_a_process_can_be_started_again(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = start(children, "print('once')")
        assert await child.ended(10) == 0
        child.start()
        assert await child.ended(10) == 0
        assert child.output == "once\n"
        assert child.log.read_text() == "once\nonce\n"
