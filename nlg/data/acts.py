"""Acts and their wording, with placeholders for values: what to say is `CONFIRM city={{v1}}`, how is `In {{v1}}?`.

A model learns the wording without the values and cannot get them wrong: they are put in afterwards. Placeholders are
numbered as their values come, and have no names: what the first value is, the line of acts says, and a model that was
taught no slot of that name can still copy its one token. The error of its replies is the slot error rate of Wen et al.
(2015): missing and superfluous placeholders as a share of those wanted. Values that are not said as they stand (yes and
no, "I do not mind", names of intents) are words of the line of acts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
INSIDE = re.compile(r"[.,:][0-9]")
"""What makes a number go on: the 2 of 2:30, of 2.5 and of 1,200."""
UNSPOKEN_VALUES = frozenset({"true", "false", "dontcare"})
UNSPOKEN_SLOTS = frozenset({"intent"})
BETWEEN = " | "
"""Stands between the acts of a line."""


@dataclass(frozen=True, slots=True)
class Act:
    """What to do (`CONFIRM`), about which slot (empty: none), with which values."""

    act: str
    slot: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delexicalised:
    """A text with placeholders, and what stood in their place: `relexicalise(text, surfaces)` gives it back exactly."""

    text: str
    surfaces: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The placeholders of a text against those that its acts want. `superfluous` counts repeats and strangers."""

    wanted: int
    missing: int
    superfluous: int


def fillers(acts: Iterable[Act]) -> dict[str, str]:
    """The name of each placeholder with its value, in order: `v1`, `v2` ..."""
    return {name: value for (_, value), name in _names(acts).items()}


def linearise(acts: Sequence[Act]) -> str:
    """The acts as one line for a model to read: `OFFER city={{v1}} | INFORM pets=True | REQUEST date`."""
    names = _names(acts)
    return BETWEEN.join(_line(act, names) for act in acts)


def delexicalise(text: str, acts: Iterable[Act]) -> Delexicalised:
    """Put placeholders where values stand in a text, longest values first, letter case aside.

    A value counts only as a word or number of its own: the 2 of 12 and of 2:30 stays. A value of several slots
    takes their placeholders in turn. What is worded differently stays as it is, and `coverage` finds it missing.
    """
    values = {name: value for name, value in fillers(acts).items() if f"{{{{{name}}}}}" not in text}
    if not values:
        return Delexicalised(text, {})
    return _replaced(text, _places(text, values.values()), values)


def relexicalise(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their placeholders; others stay as they are."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def coverage(text: str, acts: Iterable[Act]) -> Coverage:
    """Compare the placeholders of a delexicalised text with those of its acts."""
    return covered(text, fillers(acts).keys())


def covered(text: str, wanted: Collection[str]) -> Coverage:
    """Compare the placeholders of a delexicalised text with the names of those that are wanted, each once."""
    said = Counter(PLACEHOLDER.findall(text))
    missing = sum(name not in said for name in wanted)
    return Coverage(len(wanted), missing, said.total() - (len(wanted) - missing))


def slot_error_rate(coverages: Iterable[Coverage]) -> float:
    """Missing and superfluous placeholders as a share of those wanted, over a whole corpus (Wen et al. 2015)."""
    found = list(coverages)
    wrong = sum(one.missing + one.superfluous for one in found)
    return wrong / max(1, sum(one.wanted for one in found))


def _places(text: str, values: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where values stand (start, end, value), in order and not overlapping; longer values have the first choice."""
    low, taken = _low(text), bytearray(len(text))
    places = []
    for value in sorted(set(values), key=len, reverse=True):
        for start in _finds(low, _low(value)):
            end = start + len(value)
            if not any(taken[start:end]) and _alone(text, start, end):
                taken[start:end] = b"x" * len(value)
                places.append((start, end, value))
    return sorted(places)


def _low(text: str) -> str:
    """Small letters, one for each letter: a few have a longer small form and stay as they are."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def _finds(text: str, value: str) -> Iterator[int]:
    start = text.find(value)
    while start >= 0:
        yield start
        start = text.find(value, start + len(value))


def _alone(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word or number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return not (_goes_on(text[start], before[::-1]) or _goes_on(text[end - 1], after))


def _goes_on(edge: str, beyond: str) -> bool:
    within = edge.isdecimal() and INSIDE.fullmatch(beyond) is not None
    return _plain(edge) and (_plain(beyond[:1]) or within)


def _replaced(text: str, places: Iterable[tuple[int, int, str]], values: Mapping[str, str]) -> Delexicalised:
    surfaces: dict[str, str] = {}
    parts, at = [], 0
    for start, end, value in places:
        names = [name for name, known in values.items() if known == value]
        name = next((name for name in names if name not in surfaces), names[-1])
        if surfaces.setdefault(name, text[start:end]) == text[start:end]:
            parts += [text[at:start], f"{{{{{name}}}}}"]
            at = end
    return Delexicalised("".join([*parts, text[at:]]), surfaces)


def _plain(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _spoken(slot: str, value: str) -> bool:
    return bool(slot and value.strip()) and slot not in UNSPOKEN_SLOTS and value.lower() not in UNSPOKEN_VALUES


def _names(acts: Iterable[Act]) -> dict[tuple[str, str], str]:
    """The placeholder of each slot and value that is said as it stands."""
    names: dict[tuple[str, str], str] = {}
    for act in acts:
        for value in act.values:
            if _spoken(act.slot, value) and (act.slot, value) not in names:
                names[act.slot, value] = f"v{len(names) + 1}"
    return names


def _line(act: Act, names: Mapping[tuple[str, str], str]) -> str:
    known = (names.get((act.slot, value)) for value in act.values)
    values = [f"{{{{{name}}}}}" if name else value for name, value in zip(known, act.values, strict=True)]
    return " ".join(part for part in (act.act, act.slot) if part) + ("=" + ", ".join(values) if values else "")
