"""Our own rules, then what Presidio finds beside them: more kinds of numbers, and names where spaCy has a model.

`pip install 'palaver[presidio]'` brings the library. A model is a package of its own, such as `en_core_web_sm`; without
one Presidio has only its patterns. Nothing leaves the machine: the recognisers that ask the network are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from bot.redactors import rules

STATE = f"presidio-1+{rules.STATE}"
LANGUAGE = "en"
"""Presidio's patterns are of this language, and most of them fit numbers in any text."""
MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")
"""The best comes first."""
ASKING = ("EmailRecognizer", "UrlRecognizer")
"""They fetch a list of domains. Our own rules find e-mail, and the addresses of pages are nobody's."""
PASSED_OVER = frozenset({"DATE_TIME", "NRP", "LOCATION", "ORGANIZATION", "URL"})
"""What replies are about, and says nothing of who asks."""
CERTAIN = 0.5
"""From 0 to 1. Below are patterns with no word around that supports them: any nine digits might be a bank's."""
NAMES = {"PERSON": "name", "PHONE_NUMBER": "telephone", "CREDIT_CARD": "card"}
"""What the rules call the same."""
TAKEN = re.compile(r"\[[^\[\]]*\]|{{\w+}}")
"""What was redacted before, and the places of facts."""

Find = tuple[int, int, str]
"""Begin and end in the text, and what it is."""


def redact(texts: Sequence[str]) -> list[str]:
    return [_without(text, _finds(text)) for text in rules.redact(texts)]


@cache
def _analyzer() -> Any:
    model = next(filter(spacy.util.is_package, MODELS), "")
    engine = SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": model or "blank"}])
    engine.nlp = {LANGUAGE: spacy.load(model) if model else spacy.blank(LANGUAGE)}  # it would download one otherwise
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=[LANGUAGE], nlp_engine=engine)
    for name in ASKING:
        registry.remove_recognizer(name)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE])


def _finds(text: str) -> list[Find]:
    """Return what stands in the text, from its beginning, the surest of those that overlap."""
    if not text.strip():
        return []
    free = [match.span() for match in TAKEN.finditer(text)]
    chosen: list[Find] = []
    for found in sorted(_analyzer().analyze(text, LANGUAGE, score_threshold=CERTAIN), key=lambda one: -one.score):
        others = [*free, *((begin, end) for begin, end, _ in chosen)]
        apart = all(found.end <= begin or end <= found.start for begin, end in others)
        if apart and found.entity_type not in PASSED_OVER:
            chosen.append((found.start, found.end, _named(found.entity_type)))
    return sorted(chosen)


def _named(entity: str) -> str:
    return NAMES.get(entity, entity.lower().replace("_", " "))


def _without(text: str, finds: Sequence[Find]) -> str:
    return "".join(_pieces(text, finds))


def _pieces(text: str, finds: Sequence[Find]) -> Iterator[str]:
    at = 0
    for begin, end, kind in finds:
        yield text[at:begin]
        yield f"[{kind}]"
        at = end
    yield text[at:]
