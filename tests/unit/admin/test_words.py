"""Both languages say everything, with the same values, and pages ask only for words that there are."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

import bot.admin
from bot.admin.wording import Words
from tests.rig.admin import every_page

PAGES = every_page()
ROOM = Path(bot.admin.__path__[0])


def test_every_language_has_every_word() -> None:
    english = PAGES.words.names("en")
    assert PAGES.words.languages == ["en", "zh"]
    for language in PAGES.words.languages:
        assert PAGES.words.names(language) == english


def values(found: object) -> set[str]:
    texts = found.values() if isinstance(found, dict) else [found]
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(str(text)) if name}


def test_a_word_takes_the_same_values_in_every_language() -> None:
    for word in PAGES.words.names("en"):
        assert values(PAGES.words.raw("en", word)) == values(PAGES.words.raw("zh", word)), word


def asked_in_templates() -> Iterator[tuple[str, str]]:
    environment = PAGES.templates.environment
    for name in environment.list_templates(extensions=["html"]):
        tree = environment.parse(environment.loader.get_source(environment, name)[0])  # type: ignore[union-attr]
        for call in tree.find_all(nodes.Call):
            is_say = isinstance(call.node, nodes.Name) and call.node.name == "say"
            if is_say and isinstance(call.args[0], nodes.Const):
                yield name, call.args[0].value


def asked_in_code() -> Iterator[tuple[str, str]]:
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            place = {"say": 0, "flash": 0, "Refused": 1, "Place": 1}.get(called)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                yield str(path.relative_to(ROOM)), node.args[place].value  # type: ignore[attr-defined]


@pytest.mark.parametrize(("where", "word"), sorted({*asked_in_templates(), *asked_in_code()}))
def test_a_word_that_is_asked_for_is_there(where: str, word: str) -> None:
    assert word in PAGES.words.names("en"), where


def test_templates_trust_nothing() -> None:
    for path in ROOM.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "|safe" not in text.replace(" ", "")
        assert "autoescape" not in text


def test_the_browser_chooses_among_our_languages() -> None:
    words = Words({})
    assert words.best("fr-CH, zh-CN;q=0.9, en;q=0.8") == "zh"
    assert words.best("fr") == "en"
    assert words.best("") == "en"


def test_one_and_many_are_said_differently() -> None:
    assert PAGES.words.say("en", "account.sessions.ended", {"n": 1}) == "One other session has ended."
    assert PAGES.words.say("en", "account.sessions.ended", {"n": 2}) == "2 other sessions have ended."
