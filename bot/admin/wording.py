"""The words of the pages: a TOML file a language, in `bot/admin/words/` and in the `words/` of each page group.

The words of a group begin with its name: `title` in `pages/people/words/en.toml` is `people.title`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

COMMON = Path(__file__).parent / "words"


class Words:
    """All words by language, of these folders by their groups' names.

    Raises `KeyError` for a word that a language lacks: tests see to it that none does.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.languages = sorted(path.stem for path in COMMON.glob("*.toml"))
        self._words = {language: dict(_gather(folders, language)) for language in self.languages}

    def names(self, language: str) -> set[str]:
        return set(self._words[language])

    def raw(self, language: str, word: str) -> object:
        """Return the word as its file has it."""
        return self._words[language][word]

    def say(self, language: str, word: str, values: Mapping[str, object]) -> str:
        """Return the word with `{value}`s filled in.

        A word that is a table of `one` and `other` is chosen by the value `n`.
        """
        found = self.raw(language, word)
        if isinstance(found, dict):
            found = found["one" if values.get("n") == 1 else "other"]
        return str(found).format(**values)

    def action(self, action: str) -> str:
        """Return the word for an action of the audit log: that of whichever group names it, empty where none does."""
        ending = f".actions.{action}"
        return next((word for word in self._words["en"] if word.endswith(ending)), "")

    def best(self, wanted: str) -> str:
        """Return the first of the languages in an `Accept-Language` header that we speak, else English."""
        for part in wanted.lower().split(","):
            language = part.split(";")[0].strip().split("-")[0]
            if language in self.languages:
                return language
        return "en"


def _gather(folders: Mapping[str, Path], language: str) -> Iterator[tuple[str, object]]:
    yield from _flat("", _read(COMMON / f"{language}.toml"))
    for name, folder in folders.items():
        yield from _flat(f"{name}.", _read(folder / "words" / f"{language}.toml"))


def _read(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and not {"one", "other"} & set(value):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value
