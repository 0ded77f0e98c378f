"""All that a model is asked: the examples as they stand, worn in each way that fits them, and the injected lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from nlg import folders
from nlg.data.acts import PLACEHOLDER
from nlg.data.examples import Example
from nlg.evaluation.asking import Asked, language
from nlg.robustness import injections, wear
from nlg.robustness.checking import Said
from nlg.robustness.injections import GROUP
from nlg.robustness.wearing import Way, Wear, worn
from nlg.tokenizer import PLACEHOLDERS

PLAIN, PLAIN_ACTS, INJECTIONS = "plain", "plain acts", "injections"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that a model is asked.

    `languages` are those that a reply may be in, `topics` those it may be about (any where there are none; one that
    ends in `/` is a whole group), `wanted` the placeholders that acts want.
    """

    example: Example
    languages: frozenset[str]
    topics: tuple[str, ...] = ()
    wanted: frozenset[str] | None = None
    forbidden: tuple[str, ...] = ()

    def said(self, reply: str) -> Said:
        """A reply to it, as checks see it."""
        heard = "\n".join(line.text for line in self.example.lines)
        known = frozenset(PLACEHOLDERS) if self.wanted is None else frozenset(PLACEHOLDER.findall(heard))
        return Said(reply, heard, self.languages, known, self.forbidden)


@dataclass(frozen=True, slots=True)
class Reading:
    """Questions that are worn in one way. `against` names the reading with the same questions as they stand, if any."""

    name: str
    says: str
    questions: Sequence[Question]
    against: str = ""


def readings(asked: Asked, folder: Path, seed: int) -> list[Reading]:
    """What to ask, in the order of the table; raise `DataError` when a file that comes along is broken."""
    chat = [example for example in asked.examples if asked.wanted(example) is None]
    acts = [example for example in asked.examples if asked.wanted(example) is not None]
    ways = [way for plugin in _wears() for way in plugin.ways(folder)]
    found = [*_plain(PLAIN, "as they stand", chat, acts=False)]
    found += [_worn(chat, way, seed) for way in ways if chat and not way.acts]
    found += _plain(PLAIN_ACTS, "acts as they stand", acts, acts=True)
    found += [_worn(acts, way, seed) for way in ways if acts and way.acts]
    return [*found, _injected()]


def _wears() -> Sequence[Wear]:
    return list(cast("dict[str, Wear]", folders.plugins(wear)).values())


def _plain(name: str, says: str, examples: Sequence[Example], acts: bool) -> Iterator[Reading]:
    if examples:
        yield Reading(name, says, [_question(example, example, acts) for example in examples])


def _worn(examples: Sequence[Example], way: Way, seed: int) -> Reading:
    """Questions that say nothing any more are many times the same: each is asked once."""
    questions = [
        _question(after, before, way.acts, way)
        for before, after in zip(examples, worn(examples, way, seed), strict=True)
    ]
    if way.empties:
        return Reading(way.name, way.says, list(dict.fromkeys(questions)))
    return Reading(way.name, way.says, questions, PLAIN_ACTS if way.acts else PLAIN)


def _question(example: Example, before: Example, acts: bool, way: Way | None = None) -> Question:
    """The language is told by what stood there before: a worn text may be in none."""
    own = frozenset({language(before)})
    if acts:
        return Question(example, own, wanted=frozenset(PLACEHOLDER.findall(example.lines[-1].text)))
    if way and way.empties:
        return Question(replace(example, domain=""), way.languages or own, way.topics)
    return Question(example, own, (before.domain,) if before.domain else ())


def _injected() -> Reading:
    asked = [
        Question(one.example, frozenset({one.example.language}), (GROUP,), forbidden=one.forbidden)
        for one in injections.load()
    ]
    return Reading(INJECTIONS, "lines that try to make it say or do something else", asked)
