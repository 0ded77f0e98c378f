"""The commands of the README: they say what they do, install once, and fail with a sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "constraints.txt").read_text("utf-8").splitlines()

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

PROMISED = [
    "run",
    "chat",
    "doctor",
    "test",
    "check",
    "format",
    "bench",
    "faults",
    "soak",
    "fuzz",
    "flood",
    "docker-check",
    "lock",
    "help",
]


@pytest.fixture
def checkout(tmp_path):
    """The files that `make` reads, in a folder with a space in its name."""
    place = tmp_path / "a checkout"
    place.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / ".ci", place / ".ci")
    return place


@pytest.fixture
def installed(checkout):
    """A .venv whose programs write down how they were called."""
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "palaver", "pytest", "ruff", "mypy", "lint-imports"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{checkout}/calls"\n')
        program.chmod(0o755)
    return checkout


def make(place, *targets, **environment):
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *targets], cwd=place, env=keep | environment, capture_output=True, text=True, check=False
    )


def calls(place):
    path = place / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def test_help_is_the_first_target_and_names_every_other(checkout):
    shown = make(checkout).stdout
    for target in PROMISED:
        assert f"make {target} " in shown


def test_the_first_run_installs_the_locked_versions_and_starts(installed):
    ended = make(installed, "run")
    assert ended.returncode == 0, ended.stderr
    assert "Installing Palaver into .venv with PyTorch for cpu." in ended.stdout
    assert "Starting Palaver." in ended.stdout
    asked = calls(installed)
    assert any("-c constraints.txt -e .[all]" in call for call in asked)
    assert asked[-1] == "palaver run"


def test_the_second_run_installs_nothing(installed):
    make(installed, "run")
    calls(installed)
    assert make(installed, "run").returncode == 0
    assert calls(installed) == ["palaver run"]


def test_a_new_lock_is_installed_at_the_next_run(installed):
    make(installed, "run")
    calls(installed)
    later = (installed / "constraints.txt").stat().st_mtime + 10
    os.utime(installed / "constraints.txt", (later, later))
    make(installed, "run")
    assert any("-c constraints.txt" in call for call in calls(installed))


def test_tests_need_more_and_running_afterwards_needs_nothing(installed):
    make(installed, "test", "JOBS=1")
    asked = calls(installed)
    assert any("-e .[all,dev]" in call for call in asked)
    assert asked[-1] == "pytest -n 1 -m not slow"
    make(installed, "run")
    assert calls(installed) == ["palaver run"]


def test_check_is_style_formatting_types_directions_and_secrets(installed):
    make(installed, "check")
    looked = ["ruff check .", "ruff format --check .", "mypy ", "lint-imports ", "python .ci/secrets.py"]
    assert calls(installed)[-5:] == looked


def test_an_installation_that_fails_is_tried_again(installed):
    pip = installed / ".venv" / "bin" / "python"
    working = pip.read_text()
    pip.write_text('#!/bin/sh\ncase "$*" in *constraints*) exit 1;; esac\n')
    assert make(installed, "run").returncode != 0
    assert calls(installed) == []
    pip.write_text(working)
    assert make(installed, "run").returncode == 0
    assert calls(installed)[-1] == "palaver run"


def test_cpu_torch_is_asked_of_its_own_index_alone_and_with_little_patience(installed):
    python = installed / ".venv" / "bin" / "python"
    python.write_text(python.read_text() + 'case "$*" in *importlib*) exit 1;; esac\n')
    make(installed, "run")
    (call,) = [call for call in calls(installed) if "--index-url" in call]
    pin = re.search(r"^torch==\S+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pin is not None
    assert call.endswith(pin.group())
    assert "--retries 1 --timeout 5" in call
    assert "--no-deps" in call


def test_an_index_that_is_away_costs_a_sentence_and_not_the_installation(installed):
    python = installed / ".venv" / "bin" / "python"
    python.write_text(python.read_text() + 'case "$*" in *importlib*|*--index-url*) exit 1;; esac\n')
    ended = make(installed, "run")
    assert ended.returncode == 0
    assert "PyTorch's own index cannot be reached" in ended.stdout


def test_another_kind_of_torch_is_a_clear_error(checkout):
    assert 'TORCH is cpu or cuda, not "gpu"' in make(checkout, "run", "TORCH=gpu").stderr


def test_cuda_asks_no_other_index(installed):
    make(installed, "run", "TORCH=cuda")
    assert not [call for call in calls(installed) if "--index-url" in call]


def test_without_a_python_that_fits_a_sentence_says_what_to_do(checkout, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "bash", "sh", "sed", "grep", "echo", "rm"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    ended = make(checkout, "run", PATH=str(tools))
    assert ended.returncode != 0
    assert "Palaver needs Python 3.11, 3.12 or 3.13 and found none" in ended.stderr
    assert "python3-venv" not in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_or_broken_is_passed_over(checkout, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("python3", "python3.13"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    (tools / "python3.12").symlink_to(sys.executable)
    (tools / "sh").symlink_to(shutil.which("sh") or "")
    found = subprocess.run(
        [checkout / ".ci" / "find-python"], env={"PATH": str(tools)}, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(tools / "python3.12")


def test_the_lock_names_one_exact_version_for_every_python():
    seen = set()
    for line in LOCK:
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z0-9-]+)==([^ ;]+)( ; python_version == '3\.1[123]'(?: or .+)?)?", line)
        assert match, line
        assert "+" not in match[2], line
        assert (match[1], match[3]) not in seen, line
        seen.add((match[1], match[3]))


APART = frozenset({"all", "rasa", "ctranslate2", "presidio"})
"""Extras that `all` leaves out, as they are large and few need them, and `all` itself."""


def test_the_lock_has_every_package_that_we_ask_for():
    locked = dict(line.split(" ;")[0].split("==") for line in LOCK if not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: needs for name, needs in project["optional-dependencies"].items() if name not in APART}
    for need in map(Requirement, [*project["dependencies"], *(need for needs in extras.values() for need in needs)]):
        name = canonicalize_name(need.name)
        if name == "palaver":
            continue
        assert name in locked, f"{name} is not in constraints.txt: run `make lock`"
        assert need.specifier.contains(locked[name]), f"{need} does not fit constraints.txt: run `make lock`"


@pytest.mark.parametrize("script", ["run", "find-python"])
def test_scripts_can_be_run_and_read(script):
    path = ROOT / ".ci" / script
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_what_the_commit_hook_calls_is_what_check_calls():
    hooks = Path(ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    for program in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert f".venv/bin/{program}" in hooks
        assert f"$(BIN)/{program}" in (ROOT / "Makefile").read_text("utf-8")
