"""The questions of `palaver init`, one after the other. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import regex

from bot.errors import SettingsError
from bot.facts import FACTS, LANGUAGES, Fact, Group, Kind
from bot.init.checking import written, wrong_with
from bot.init.files import Held
from bot.init.tokens import TOKENS, Token, wrong_with_token
from bot.init.wording import instead, say

ENOUGH = (".", "。")


class Person(Protocol):
    """Whoever answers."""

    def tell(self, text: str) -> None: ...

    def answer(self, question: str, *, secret: bool = False) -> str: ...

    def agrees(self, question: str) -> bool: ...


def shown(name: str) -> str:
    """Return a name as it may be shown: who forgot it may have given a token in its place."""
    return name if regex.fullmatch(r"[A-Za-z_.]{1,40}", name) else "what stands before ="


class Enough(Exception):
    """The person wants to skip the rest of this part."""


@dataclass
class Interview:
    """Asks for what is not set from outside, and notes what is new in the two files."""

    facts: Held
    tokens: Held
    language: str
    noted: dict[str, list[str]] = field(default_factory=lambda: {"facts": [], "tokens": []})

    def take(self, pairs: Mapping[str, str]) -> None:
        """Note values given from outside, replacing others. Raises `SettingsError`, and then has noted nothing."""
        for name, value in pairs.items():
            if wrong := self._wrong(name, value):
                raise SettingsError(f"--set: {shown(name)} {wrong}.")
        for name, value in pairs.items():
            self._note(name, value)

    def ask(self, person: Person, leave: Mapping[str, str]) -> None:
        """Ask for all but what is in `leave`."""
        person.tell(say("hello", self.language))
        for group in Group:
            facts = [fact for fact in FACTS.values() if fact.group is group and fact.name not in leave]
            self._part(person, group, [partial(self._ask_fact, person, fact) for fact in facts])
        tokens = [token for token in TOKENS.values() if token.variable not in leave]
        self._part(person, "tokens", [partial(self._ask_token, person, token) for token in tokens])

    def _part(self, person: Person, heading: str, questions: list[Callable[[], None]]) -> None:
        if questions:
            person.tell(f"\n{say(heading, self.language)}")
        try:
            for question in questions:
                question()
        except Enough:
            return

    def _ask_fact(self, person: Person, fact: Fact) -> None:
        index = LANGUAGES.index(self.language)
        person.tell("\n" + say("example", self.language, what=fact.what[index], example=fact.example[index]))
        own = f"{self.language}.{fact.name}"
        name = own if self.facts.get(own) else fact.name
        now = self.facts.get(name) or instead(fact, self.language)
        value = self._sound(person, f"{fact.name} [{now}]", name)
        if value:
            self._offer(person, name, value)
        if value and fact.kind is Kind.TEXT:
            other = f"{LANGUAGES[1 - index]}.{fact.name}"
            also = self._sound(person, say("other", self.language, name=other), other)
            if also and also != value:
                self._offer(person, other, also)

    def _ask_token(self, person: Person, token: Token) -> None:
        index = LANGUAGES.index(self.language)
        person.tell("\n" + say("example", self.language, what=token.what[index], example=token.example))
        now = say("secret" if self.tokens.get(token.variable) else "no_secret", self.language)
        value = self._sound(person, f"{token.variable} [{now}]", token.variable)
        if value:
            self._offer(person, token.variable, value)

    def _sound(self, person: Person, question: str, name: str) -> str:
        """Ask until the value can be right or there is none. Raises `Enough`."""
        while value := person.answer(question, secret=name in TOKENS).strip():
            if value in ENOUGH:
                raise Enough
            wrong = self._wrong(name, value)
            if not wrong:
                return value
            person.tell(say("again", self.language, name=name, wrong=wrong))
        return ""

    def _offer(self, person: Person, name: str, value: str) -> None:
        """Note the value; ask first where another one would be lost."""
        if name in TOKENS:
            old, question = self.tokens.get(name), say("replace_secret", self.language, name=name)
        else:
            old = self.facts.get(name)
            question = say("replace", self.language, name=name, old=old, new=value)
        if old in ("", value) or person.agrees(question):
            self._note(name, value)

    def _wrong(self, name: str, value: str) -> str:
        if name in TOKENS:
            return wrong_with_token(TOKENS[name], value, self.language)
        language, _, fact = name.rpartition(".")
        if fact not in FACTS or language not in ("", *LANGUAGES):
            known = ", ".join((*FACTS, *TOKENS))
            return f"is not the name of a fact or token. Known are {known}; zh.company is for Chinese only"
        return wrong_with(FACTS[fact], value, self.language)

    def _note(self, name: str, value: str) -> None:
        file, noted = (self.tokens, "tokens") if name in TOKENS else (self.facts, "facts")
        if file.get(name) == value:
            return
        file.put(name, value if name in TOKENS else written(FACTS[name.rpartition(".")[2]], value))
        self.noted[noted].append(name)
