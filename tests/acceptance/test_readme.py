"""Every command that the README tells people to type is typed here."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.rig.ports import free_port

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INSTALLED = ROOT / ".venv" / ".installed-cpu"


def commands() -> list[str]:
    blocks = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PALAVER_DATABASE_URL": f"sqlite:///{folder}/readme.sqlite3", **more}


def type_in(command: str, folder: Path, keys: str = "") -> str:
    """Run the command as a newcomer would, in the checkout, and return what it prints."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env=environment(folder),
        input=keys,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout + done.stderr


def make_run(folder: Path) -> None:
    needs_make()
    port = free_port()
    variables = environment(folder, PALAVER_HTTP_PORT=str(port))
    with subprocess.Popen(["make", "run"], cwd=ROOT, env=variables, start_new_session=True) as process:
        try:
            page = wait_for_page(f"http://127.0.0.1:{port}/")
            assert "<title>" in page
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def wait_for_page(address: str) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(address).raise_for_status().text
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def make_chat(folder: Path) -> None:
    needs_make()
    assert len(type_in("make chat", folder, "Where is my order?\n").split()) > 5


def make_test(folder: Path) -> None:
    """These tests are what it runs; here it is only asked what it would do."""
    assert "pytest" in type_in("make --dry-run test", folder)


def simulate(folder: Path) -> None:
    said = type_in(".venv/bin/palaver simulate telegram", folder, "Where is my order?\n")
    assert "bot:" in said


def doctor(folder: Path) -> None:
    assert "database" in type_in(".venv/bin/palaver doctor", folder)


def train_help(folder: Path) -> None:
    assert "recipe" in type_in(".venv/bin/palaver train --help", folder)


def needs_make() -> None:
    if not INSTALLED.exists():
        pytest.skip("this checkout was not installed by make")


TYPED: dict[str, Callable[[Path], None]] = {
    "make run": make_run,
    "make chat": make_chat,
    "make test": make_test,
    ".venv/bin/palaver simulate telegram": simulate,
    ".venv/bin/palaver doctor": doctor,
    ".venv/bin/palaver train --help": train_help,
}


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_works_as_written(command: str, tmp_path: Path) -> None:
    assert command in TYPED, "the README has a command that nothing here types"
    if not (ROOT / ".venv" / "bin" / "palaver").exists():
        pytest.skip("this checkout has no .venv")
    TYPED[command](tmp_path)


def test_every_file_that_the_documents_point_to_is_there() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"
