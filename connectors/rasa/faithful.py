"""Whether other words still say what they must: numbers, links, names, what came from slots, yes or no. Pure.

The checks err on one side: a good text may be refused, and then the template itself is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import regex

LINK = regex.compile(
    r"(?:https?://|www\.)[^\s<>\"'，。！？）)]*[^\s<>\"'，。！？）).,;:!?]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
NUMBER = regex.compile(r"\d+(?:[.,:/-]\d+)*")
NUMBER_WORDS = regex.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred|thousand|million|half|dozen|first|second|third)\b|[〇零一二三四五六七八九十百千万亿两半]+",
    regex.IGNORECASE,
)
NO = regex.compile(
    r"\b(?:no|not|never|none|nothing|nobody|cannot|without|neither|nor|unable|\w+n['’]t)\b|不|没|无法|未|别|勿|禁",
    regex.IGNORECASE,
)
NAME = regex.compile(r"(?<![.!?…:]\s)(?<!^)(?<=\s|[(\"“])\p{Lu}[\p{L}\p{M}'’-]+")
QUOTED = regex.compile(r"[「『《“\"]([^」』》”\"]{1,80})[」』》”\"]")
HAN = regex.compile(r"\p{Han}")
BRACES = regex.compile(r"[{}]{1,2}")


def altered(template: str, values: Sequence[str], text: str) -> str:
    """Return what is not as in the template, in a word or two; empty where all is kept."""
    if missing(values, text):
        return "slot altered"
    views = (("placeholder", BRACES.findall), ("link", _links), ("number", _numbers), ("name", _names))
    meanings = (("negation", _negations), ("question", _asks))
    changed = (what for what, view in (*views, *meanings) if view(template) != view(text))
    what = next(changed, "")
    return f"{what} altered" if what else ""


def missing(values: Iterable[str], text: str) -> bool:
    """Whether one of the values does not stand in the text exactly as it is."""
    return any(value and value not in text for value in values)


def invented(text: str, known: Iterable[str]) -> str:
    """Return what kind of fact the text states that stands nowhere in `known`; empty where there is none."""
    everything = "\n".join(known)
    if not set(LINK.findall(text)) <= set(LINK.findall(everything)):
        return "link invented"
    said = set(NUMBER.findall(LINK.sub(" ", text)))
    return "" if said <= set(NUMBER.findall(LINK.sub(" ", everything))) else "number invented"


def likeness(template: str, text: str) -> float:
    """Return how much two texts share, from 0 to 1: F1 over pairs (Chinese) or triples of characters, as in chrF."""
    size = 2 if HAN.search(template) else 3
    ours, theirs = _grams(template, size), _grams(text, size)
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


def _grams(text: str, size: int) -> Counter[str]:
    letters = regex.sub(r"[\W_]+", "", text.casefold())
    return Counter(letters[at : at + size] for at in range(len(letters) - size + 1))


def _links(text: str) -> Counter[str]:
    return Counter(LINK.findall(text))


def _negations(text: str) -> int:
    return len(NO.findall(text))


def _numbers(text: str) -> Counter[str]:
    bare = LINK.sub(" ", text)
    return Counter(NUMBER.findall(bare)) + Counter(word.casefold() for word in NUMBER_WORDS.findall(bare))


def _names(text: str) -> set[str]:
    """Words with a capital inside a sentence, and what stands in quotation marks."""
    bare = LINK.sub(" ", text)
    return set(NAME.findall(bare)) | set(QUOTED.findall(bare))


def _asks(text: str) -> bool:
    return text.rstrip().endswith(("?", "？"))
