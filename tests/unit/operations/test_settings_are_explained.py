"""Every setting stands in .env.example, and nothing stands there that does nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dotenv import dotenv_values

from bot.operations.checks.settings import READ_ELSEWHERE
from bot.operations.sections import sections, variables
from bot.settings import Section

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
LINE = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
COMPOSE_ONLY = {"POSTGRES_PASSWORD"}


def written(value):
    """A setting as a line of .env says it."""
    if isinstance(value, bool | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def test_every_variable_is_there_and_no_other():
    named = {name for name, _ in LINE.findall(EXAMPLE)}
    assert named == variables() | READ_ELSEWHERE | COMPOSE_ONLY


def test_each_stands_below_a_sentence_about_it():
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if LINE.match(line):
            block = number
            while LINE.match(lines[block]):
                block -= 1
            assert lines[block].startswith("# "), line


def test_what_it_shows_is_what_is_so_without_it():
    shown = {name: value for name, value in LINE.findall(EXAMPLE) if value}
    for section in sections():
        for field, info in section.model_fields.items():
            name = f"{section.model_config.get('env_prefix', '')}{field}".upper()
            if name in shown:
                assert shown[name] == written(info.default), name
            else:
                assert info.default in (None, ""), name


def test_copied_as_it_is_it_changes_nothing(tmp_path):
    (tmp_path / ".env").write_text(EXAMPLE, "utf-8")
    assert dotenv_values(tmp_path / ".env") == {}


def test_with_every_line_turned_on_the_settings_can_be_read(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text(LINE.sub(r"\1=\2", EXAMPLE), "utf-8")
    for section in sections():
        assert isinstance(section.load(), Section)
