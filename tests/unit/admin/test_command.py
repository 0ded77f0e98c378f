"""`palaver admin create`, the doctor's word about it, and a bot without the extra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import build
from bot.errors import SettingsError
from bot.findings import Level
from bot.operations.checks.admin import examine
from bot.staff import Role
from bot.store.database import StoreSettings, open_database
from bot.store.staff.users import Users

PASSWORD = "the heron waits by the weir"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALAVER_DATABASE_URL", f"sqlite:///{tmp_path}/data/p.sqlite3")
    return tmp_path


def palaver(*words: str, typed: str = "", command: str = "create") -> str:
    ended = CliRunner().invoke(build(), ["admin", command, *words], input=typed)
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.output


async def users() -> dict[str, Role]:
    database = open_database(StoreSettings.load())
    found = {user.name: user.role for user in await Users(database).every()}
    await database.close()
    return found


def test_it_asks_for_a_name_and_twice_for_the_password(here: Path) -> None:
    import asyncio  # noqa: PLC0415 - the command has a loop of its own

    output = palaver(typed=f"ann\n{PASSWORD}\n{PASSWORD}\n")
    assert "ann can sign in at http://127.0.0.1:8080/admin" in output
    assert PASSWORD not in output
    assert asyncio.run(users()) == {"ann": Role.ADMIN}


def test_a_name_is_given_once(here: Path) -> None:
    palaver("--name", "ann", "--password", "-", typed=f"{PASSWORD}\n")
    with pytest.raises(SettingsError, match="of this name"):
        palaver("--name", "Ann", "--password", "-", typed=f"{PASSWORD}\n")


@pytest.mark.parametrize(
    ("words", "typed", "why"),
    [
        (("--role", "owner"), "", "viewer, reviewer or admin"),
        (("--name", "ann", "--password", "hunter2"), "", "only -"),
        (("--name", "ann", "--password", "-"), "short\n", "15 characters"),
        (("--name", "ann", "--password", "-"), "", "15 characters"),
        (("--name", "a\nb", "--password", "-"), f"{PASSWORD}\n", "1 to 64"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(here: Path, words: tuple[str, ...], typed: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        palaver(*words, typed=typed)


def test_an_invitation_is_a_link(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_ADMIN_URL", "https://bot.example/")
    assert palaver("--invite", "--role", "reviewer").startswith("https://bot.example/admin/invitation/")


def test_a_forgotten_password_is_replaced(here: Path) -> None:
    palaver("--name", "ann", "--password", "-", typed=f"{PASSWORD}\n")
    assert "ann has a new password." in palaver("ann", typed="nine blue kites over the bay\n", command="password")
    with pytest.raises(SettingsError, match="Nobody called 'bob'"):
        palaver("bob", typed=f"{PASSWORD}\n", command="password")
    with pytest.raises(SettingsError, match="15 characters"):
        palaver("ann", typed="short\n", command="password")


async def test_the_doctor_says_how_to_make_the_first_user(here: Path) -> None:
    [finding] = await examine()
    assert finding.level is Level.OK
    assert "palaver admin create" in finding.text
    assert not (here / "data").exists(), "a check changes nothing"


async def test_the_doctor_names_what_is_not_installed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operations.checks.admin.lacking", lambda: ["argon2-cffi"])
    [finding] = await examine()
    assert finding.level is Level.WARN
    assert "argon2-cffi" in finding.text
    assert "palaver[admin]" in finding.advice


async def test_the_pages_can_be_turned_off(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_ADMIN_ENABLED", "false")
    [finding] = await examine()
    assert "turned off" in finding.text


WITHOUT = """
import asyncio, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("argon2", "python_multipart"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in ("argon2", "python_multipart") else real(name, *more)
from bot.app import assemble
from bot.store.database import StoreSettings
async def main():
    async with assemble(("web",), StoreSettings.load()) as bot:
        print(bot.greeting)
asyncio.run(main())
assert "bot.admin.app" not in sys.modules
"""


def test_a_bot_without_the_extra_runs_without_the_pages(here: Path) -> None:
    env = {"PALAVER_WRITER": "stub", "PALAVER_HTTP_PORT": "0", "PATH": "", "PYTHONPATH": str(Path(__file__).parents[3])}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT], cwd=here, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "Palaver serves web" in ended.stdout
