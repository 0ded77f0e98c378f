"""The owner's facts. A model writes `{{return_days}}`; what a person reads comes from here, or the reply gives way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import regex

from bot.errors import SettingsError
from bot.facts import FACTS, LANGUAGES
from bot.settings import read_table
from bot.unset import REWORDED, in_words

PLACEHOLDER = regex.compile(r"\{\{(\w+)\}\}")
BEGINNING = regex.compile(r"(?:^|[.!?]\s+|\n)$")
UNFINISHED = regex.compile(r"\{(\{\w*\}?)?$")
UNFILLED = regex.compile(r"\{\{|\}\}|\{\w+\}")
"""What looks like a placeholder and is none of ours, `{company}` too."""
AHEAD = 12
"""So many characters after a number in an unfinished text may tell what it is: "two", "two working days"."""

DEFAULTS: Mapping[str, tuple[str, str]] = {name: fact.words for name, fact in FACTS.items() if fact.words is not None}
"""Neutral words that are true of any shop, in English and Chinese."""

NUMBERS = tuple(name for name, fact in FACTS.items() if fact.words is None)
"""Facts without neutral words of their own: a sentence that needs one is put in other words, or gives way."""

CONTACT = "contact"
"""A place in our own phrases: the ways to reach a person that the owner has set, else the website."""
REACHED = ("support_phone", "support_email", "website")
OR = {"en": " or ", "zh": "或"}


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a filled text a fact stands, and which."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its facts, and where they stand in it."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Business:
    """The facts by language and name; `own` are those that the owner has set, by language and name."""

    facts: Mapping[str, Mapping[str, str]]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def fill(self, text: str, language: str) -> str:
        """Return the text with its facts. Raises `FactMissing` rather than let a placeholder through."""
        return self.filled(text, language).text

    def filled(self, text: str, language: str) -> Filled:
        """Return the text with its facts, and where they stand. Raises `FactMissing` like `fill`."""
        facts = self._said[language]
        text = in_words(text, language, self._wordless[language])
        missing = sorted(set(PLACEHOLDER.findall(text)) - set(facts))
        if missing:
            raise FactMissing(missing[0])
        filled = _put_in(text, facts, frozenset(self.own.get(language, {})))
        if UNFILLED.search(filled.text):
            raise FactMissing("unfinished", "a placeholder must look like {{company}}")
        return filled

    def fill_start(self, text: str, language: str) -> Filled:
        """Fill the beginning of a reply that is still being written, up to a place that cannot be filled yet."""
        whole = self._settled(UNFINISHED.sub("", text), language)
        try:
            return self.filled(whole, language)
        except FactMissing as missing:
            before, place, _ = whole.partition(f"{{{{{missing.name}}}}}")
            return self.fill_start(before, language) if place else Filled("")

    def _settled(self, text: str, language: str) -> str:
        """Cut before a fact that is said in words as long as these depend on what follows."""
        for place in PLACEHOLDER.finditer(text):
            if place[1] in self._wordless[language] and place.end() + AHEAD > len(text):
                return text[: place.start()]
        return text

    @cached_property
    def _said(self) -> Mapping[str, Mapping[str, str]]:
        return {language: {**facts, CONTACT: self._contact(language)} for language, facts in self.facts.items()}

    @cached_property
    def _wordless(self) -> Mapping[str, frozenset[str]]:
        return {
            language: (frozenset(NUMBERS) - set(facts)) | (REWORDED - set(self.own.get(language, ())))
            for language, facts in self.facts.items()
        }

    def _contact(self, language: str) -> str:
        own = self.own.get(language, {})
        ways = [own[name] for name in REACHED if name in own]
        return OR[language].join(ways) or self.facts[language].get("website", DEFAULTS["website"][0])


def _put_in(text: str, facts: Mapping[str, str], own: Collection[str]) -> Filled:
    said, spans, at = "", [], 0
    for place in PLACEHOLDER.finditer(text):
        said += text[at : place.start()]
        fact = facts[place[1]]
        if place[1] not in own and BEGINNING.search(said):
            fact = fact[:1].upper() + fact[1:]
        spans.append(Span(len(said), len(said) + len(fact), place[1]))
        said, at = said + fact, place.end()
    return Filled(said + text[at:], tuple(spans))


class FactMissing(Exception):
    """The text needs a fact that the owner has not set. `name` says which; it is `unfinished` for what is no fact."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(why or f"the fact {name} is not set")
        self.name = name


def load_business() -> Business:
    """Read `[business]` of palaver.toml: values for both languages, and `[business.en]`, `[business.zh]` for one.

    Raises `SettingsError` that names a fact we do not know or a value that is no text or number.
    """
    return business_of(read_table("business"))


def business_of(table: Mapping[str, object]) -> Business:
    """Return the facts of such a table. Raises `SettingsError`."""
    common = _checked({name: value for name, value in table.items() if name not in LANGUAGES})
    own = {language: common | _checked(_of_one(table, language)) for language in LANGUAGES}
    neutral = [{name: words[index] for name, words in DEFAULTS.items()} for index in range(len(LANGUAGES))]
    return Business({language: neutral[index] | own[language] for index, language in enumerate(LANGUAGES)}, own)


def _of_one(table: Mapping[str, object], language: str) -> Mapping[str, object]:
    own = table.get(language, {})
    if not isinstance(own, dict):
        raise SettingsError(f"palaver.toml: business.{language} must be a table. Write it as [business.{language}].")
    return own


def _checked(values: Mapping[str, object]) -> dict[str, str]:
    for name, value in values.items():
        if name not in FACTS:
            raise SettingsError(f"palaver.toml: [business] knows no fact {name!r}. Known are: {', '.join(FACTS)}.")
        if isinstance(value, bool) or not isinstance(value, str | int | float) or UNFILLED.search(str(value)):
            raise SettingsError(f"palaver.toml: business.{name} must be a text or a number, without placeholders.")
    return {name: str(value) for name, value in values.items() if str(value).strip()}
