"""Why a row should not be learnt from: one small function a reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nlg.contract import Role
from nlg.data.languages import SHORTEST, SHORTEST_TEXT, signs
from nlg.data.privacy import redact
from nlg.data.rows import Row
from nlg.errors import DataError


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason against a row, and the text where it shows."""

    reason: str
    text: str


Rule: TypeAlias = Callable[[Row], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is too much: characters of a text, and turns of a dialogue. `allowed` are names of rules left out."""

    characters: int = 4000
    turns: int = 100
    allowed: frozenset[str] = frozenset()


def chosen_rules(limits: Limits) -> Sequence[Rule]:
    """The rules that are not allowed to be broken; raise `DataError` for a name that is none.

    They remember the rows that they have seen: take new ones for each file.
    """
    named: dict[str, Rule] = {
        "empty": empty,
        "one_sided": one_sided,
        "broken": broken,
        "too_long": TooLong(limits),
        "wrong_language": wrong_language,
        "personal": personal,
        "repeated": Repeated(),
    }
    unknown = sorted(limits.allowed - named.keys())
    if unknown:
        raise DataError(f"There is no rule {', '.join(unknown)} to allow. The rules are: {', '.join(named)}.")
    return [rule for name, rule in named.items() if name not in limits.allowed]


def findings(row: Row, rules: Sequence[Rule]) -> list[Finding]:
    """What the rules say against a row, each reason once."""
    found = [finding for rule in rules for finding in rule(row)]
    return list({finding.reason: finding for finding in reversed(found)}.values())[::-1]


def empty(row: Row) -> Iterator[Finding]:
    """A line without a letter, digit or sign."""
    if any(not line.text.strip() for line in row.content.dialogue.lines):
        yield Finding("empty text", _whole(row))


def one_sided(row: Row) -> Iterator[Finding]:
    """No assistant answers a user: there is nothing to learn."""
    roles = [line.role for line in row.content.dialogue.lines]
    if Role.USER not in roles or Role.ASSISTANT not in roles[roles.index(Role.USER) :]:
        yield Finding("one-sided", _whole(row))


def broken(row: Row) -> Iterator[Finding]:
    """Halves of characters and U+FFFD: the text was damaged on its way."""
    for text in row.content.texts:
        if any(sign == "\ufffd" or "\ud800" <= sign <= "\udfff" for sign in text.text):
            yield Finding("broken characters", text.text)


@dataclass(frozen=True, slots=True)
class TooLong:
    """More than the limits allow."""

    limits: Limits

    def __call__(self, row: Row) -> Iterator[Finding]:
        for text in row.content.texts:
            if len(text.text) > self.limits.characters:
                yield Finding(f"text over {self.limits.characters} characters", text.text)
        if len(row.content.dialogue.lines) > self.limits.turns:
            yield Finding(f"over {self.limits.turns} turns", _whole(row))


def wrong_language(row: Row) -> Iterator[Finding]:
    """The writing is not that of the language on the label: of one longer text, or of all together."""
    for language in {text.language for text in row.content.texts}:
        texts = [text.text for text in row.content.texts if text.language == language]
        for text, shortest in (*((text, SHORTEST_TEXT) for text in texts), ("\n".join(texts), SHORTEST)):
            found = signs(text)
            if found.total >= shortest and found.contradict(language):
                yield Finding(f"labelled {language}, looks {found.language}", text)


def personal(row: Row) -> Iterator[Finding]:
    """E-mail, telephone, cards, accounts, identity papers: see `nlg.data.privacy`."""
    for text in row.content.texts:
        for kind in redact(text.text).found:
            yield Finding(f"personal data: {kind}", text.text)


class Repeated:
    """The same texts as an earlier row, role by role, in the same language. Keeps 16 bytes a row."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def __call__(self, row: Row) -> Iterator[Finding]:
        key = digest(row)
        if key in self._seen:
            yield Finding("duplicate", _whole(row))
        self._seen.add(key)


def digest(row: Row) -> bytes:
    """A fingerprint of what is learnt from a row and what is written in it; its id and its place do not count."""
    lines = [(line.role, line.text) for line in row.content.dialogue.lines]
    texts = [(text.language, text.text) for text in row.content.texts]
    return hashlib.blake2b(json.dumps((row.content.dialogue.domain, lines, texts)).encode(), digest_size=16).digest()


def _whole(row: Row) -> str:
    return " / ".join(line.text for line in row.content.dialogue.lines)
