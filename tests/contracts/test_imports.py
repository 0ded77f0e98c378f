"""Who may import whom, and that a bot without models needs no torch."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


def test_the_rooms_meet_only_where_they_should(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_a_forbidden_import_would_be_found(monkeypatch, tmp_path):
    """The contracts can fail: a connector that reaches into the store breaks one."""
    for room in ("bot", "connectors", "nlg"):
        (tmp_path / room).mkdir()
        for module in ("__init__", "store", "messages", "interfaces", "errors", "findings", "settings", "untrusted"):
            (tmp_path / room / f"{module}.py").touch()
    (tmp_path / "connectors" / "sly.py").write_text("from bot.messages import *\nfrom bot.store import *\n")
    contract = next(one for one in contracts() if one["id"] == "connectors-nouns")
    (tmp_path / ".importlinter").write_text(as_ini(contract))
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "connectors.sly -> bot.store" in ended.stdout


def contracts():
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["tool"]["importlinter"]["contracts"]


def as_ini(contract):
    """The contract as a configuration file of its own."""
    lines = ["[importlinter]", "root_packages =", "    bot", "    connectors", "    nlg", "[importlinter:contract:one]"]
    for name, value in contract.items():
        lines += [f"{name} =", *(f"    {item}" for item in value)] if isinstance(value, list) else [f"{name} = {value}"]
    return "\n".join(lines) + "\n"


LOADED = f"""
import sys
heavy = [name for name in {HEAVY} if name in sys.modules]
raise SystemExit(f"imported: {{heavy}}" if heavy else 0)
"""
EVERYTHING = """
from bot.operations.sections import sections
import bot.app, bot.cli
sections()
bot.cli.build()
"""


@pytest.mark.parametrize("program", ["import bot.app", "import bot.writers.engine", EVERYTHING])
def test_the_bot_loads_no_torch(program):
    ended = subprocess.run([sys.executable, "-c", program + LOADED], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


FORBID = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def test_the_command_works_where_torch_is_not_installed():
    program = FORBID + "from bot.cli import main; sys.argv = ['palaver', '--help']; main()"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "doctor" in ended.stdout
