"""Who the bot is where: a name, a greeting, facts, a way to talk and a model, by channel, account or chat.

`[personas.<name>]` of palaver.toml. The first whose `where` fits an address speaks there; a conversation that somebody
else leads may ask for one by its name. Where none fits it is the one without a name: what `[business]` and `[phrases]`
say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bot.business import business_of
from bot.errors import SettingsError
from bot.facts import LANGUAGES
from bot.messages import Address, Question
from bot.phrases import phrases_of
from bot.settings import read_table
from bot.speech import Speech
from nlg.contract import Line, Role

KEYS = ("where", "opening", "system", "model", "business", "phrases")
ROLES = (Role.USER, Role.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Persona:
    """One way to be. `where`: patterns `channel`, `channel:account` or `channel:account:chat`.

    `opening` are lines as if they had been said before, the person's first: they show a model how to talk. `system` is
    told first to models that take such a text. Only the version `model` answers, where one is named.
    """

    name: str
    speech: Speech
    where: tuple[str, ...] = ()
    opening: tuple[Line, ...] = ()
    system: str = ""
    model: str = ""

    def fits(self, address: Address) -> bool:
        places = (address.channel, address.account, address.chat)
        return any(_fits(pattern.split(":", len(places) - 1), places) for pattern in self.where)


class Personas:
    """All that there are; `plain` speaks where no other does."""

    def __init__(self, plain: Persona, others: Sequence[Persona] = ()) -> None:
        self._plain = plain
        self._others = {persona.name: persona for persona in others}

    def at(self, address: Address, name: str = "") -> Persona:
        """Return the one of that name, else the first that fits the address."""
        fitting = (persona for persona in self._others.values() if persona.fits(address))
        return self._others.get(name) or next(fitting, self._plain)

    def of(self, question: Question) -> Persona:
        """Return who answers the question."""
        return self.at(question.conversation.address, question.persona)


def load_personas() -> Personas:
    """Read the settings file. Raises `SettingsError` that names what is wrong."""
    business, phrases = read_table("business"), read_table("phrases")
    plain = Persona("", Speech(phrases_of(phrases), business_of(business)))
    named = [_read(name, table, business, phrases) for name, table in read_table("personas").items()]
    return Personas(plain, named)


def _read(name: str, table: object, business: Mapping[str, Any], phrases: Mapping[str, Any]) -> Persona:
    if isinstance(table, list):  # only lines
        table = {"opening": table}
    if not isinstance(table, dict) or set(table) - set(KEYS):
        raise _wrong(name, f"must be a table with some of: {', '.join(KEYS)}; or only a list of lines")
    speech = Speech(
        phrases_of(_changed(phrases, _table(name, table, "phrases"))),
        business_of(_changed(business, _table(name, table, "business"))),
    )
    lines = _texts(name, table, "opening")
    opening = tuple(Line(ROLES[at % 2], line) for at, line in enumerate(lines))
    where, system, model = _texts(name, table, "where"), _text(name, table, "system"), _text(name, table, "model")
    return Persona(name, speech, where, opening, system, model)


def _changed(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with what the persona says otherwise; what it says for both languages goes before old words."""
    common = {key: value for key, value in own.items() if key not in LANGUAGES}
    changed = {**base, **common}
    for language in LANGUAGES:
        old = {key: value for key, value in base.get(language, {}).items() if key not in common}
        changed[language] = old | own.get(language, {})
    return changed


def _fits(pattern: Sequence[str], places: Sequence[str]) -> bool:
    return all(fnmatchcase(place, part) for part, place in zip(pattern, places, strict=False))


def _table(name: str, table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(f"{name}.{key}", f"must be a table, as [{key}] is")
    return value


def _texts(name: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise _wrong(f"{name}.{key}", "must be a list of texts")
    return tuple(value)


def _text(name: str, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _wrong(f"{name}.{key}", "must be a text")
    return value.strip()


def _wrong(name: str, what: str) -> SettingsError:
    return SettingsError(f"palaver.toml: personas.{name} {what}. See docs/settings.md.")
