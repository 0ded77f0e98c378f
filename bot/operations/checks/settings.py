"""Can the settings be read, are they spelt right, and can nobody else read the secrets?"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from bot.errors import SettingsError
from bot.findings import Finding, fail, ok, warn
from bot.operations.sections import sections, variables
from bot.personas import load_personas
from bot.settings import settings_file

READ_ELSEWHERE = frozenset({"PALAVER_FILE"})
TESTS = "PALAVER_TEST_"


async def examine() -> list[Finding]:
    found = [*_values(), *_tables(), *_spelling(), *_permissions(Path(".env")), *_permissions(settings_file())]
    return found or [ok("settings", "All settings can be read.")]


def _values() -> list[Finding]:
    wrong: dict[str, Finding] = {}
    for section in sections():
        try:
            section.load()
        except SettingsError as error:
            wrong[str(error)] = fail("settings", str(error), "Correct it, then run `palaver doctor` again.")
    return list(wrong.values())


def _tables() -> list[Finding]:
    """`[business]`, `[phrases]` and `[personas]` of palaver.toml, which no variable can set."""
    try:
        load_personas()
    except SettingsError as error:
        return [fail("settings", str(error), "Correct it, then run `palaver doctor` again.")]
    return []


def _spelling() -> list[Finding]:
    known = variables() | READ_ELSEWHERE
    return [
        warn("settings", f"{name} is no setting of Palaver, so it does nothing.", _advice(name, known))
        for name in sorted(os.environ)
        if name.startswith("PALAVER_") and not name.startswith(TESTS) and name.upper() not in known
    ]


def _advice(name: str, known: set[str] | frozenset[str]) -> str:
    near = get_close_matches(name.upper(), known, n=1)
    return f"Did you mean {near[0]}?" if near else "Take it away, or look for its name in .env.example."


def _permissions(path: Path) -> list[Finding]:
    if not path.exists() or not path.stat().st_mode & 0o077:
        return []
    return [warn("settings", f"Other users of this machine can read {path}.", f"Run: chmod 600 {path}")]
