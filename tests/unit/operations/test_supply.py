"""What an installation is made of is locked, and no secret is in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCAN = (sys.executable, str(ROOT / ".ci" / "secrets.py"))
LOCKED = (ROOT / "requirements.txt").read_text("utf-8")


def pinned(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][\w.-]*)==([\w.+]+)", text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def scan(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SCAN, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_locked_package_has_hashes_and_no_address():
    entries = re.split(r"^(?=[a-z0-9])", LOCKED, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in LOCKED


def test_what_is_locked_with_hashes_is_what_is_locked_without():
    constraints = pinned((ROOT / "constraints.txt").read_text("utf-8"))
    locked = pinned(LOCKED)
    assert {
        name: versions for name, versions in locked.items() if not versions <= constraints.get(name, versions)
    } == {}
    assert {"torch", "sqlalchemy", "slack-bolt", "python-telegram-bot", "celery", "argon2-cffi"} <= locked.keys()


def test_no_file_of_the_repository_holds_a_secret():
    done = scan()
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "secret",
    [
        "123456789:" + "AAH" + "x1Y2z" * 6 + "ab",
        "xoxb" + "-1234567890-1234567890-" + "aBcDeFgHiJkLmNoP",
        "-----BEGIN " + "PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1B2c3" * 6,
        "sk-" + "proj-" + "a1B2c3D4" * 5,
        "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "postgresql://palaver:" + "correct-horse" + "@db.example/palaver",
    ],
)
def test_a_secret_is_found_and_not_repeated(tmp_path: Path, secret: str):
    file = tmp_path / "settings.py"
    file.write_text(f"first = 1\nsecond = '{secret}'\n", "utf-8")
    done = scan(file)
    assert done.returncode == 1
    assert f"{file}:2 holds what looks like a secret" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_ordinary_lines_are_no_secrets(tmp_path: Path):
    file = tmp_path / "words.py"
    file.write_text("url = 'postgresql://{user}:{password}@host'\nat = '12:30'\nkey = 'sk-learn'\n", "utf-8")
    assert scan(file).returncode == 0
