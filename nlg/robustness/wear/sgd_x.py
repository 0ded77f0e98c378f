"""Acts whose slots have other names: the five paraphrased schemas of SGD-X (Lee et al. 2022), nearest first.

The file `sgd_x.json.xz` beside the data is `{variant: {split: {service: {"service", "slots"}}}}`, where `slots` says
what each slot of a service is called in that variant. A slot is renamed in the acts, in their placeholders and in
people's wordings alike, so that a model that knows what acts mean would be right by the same words. Names of services
and values are no part of what a model reads.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import regex

from nlg.data.acts import BETWEEN, PLACEHOLDER
from nlg.data.examples import Example
from nlg.errors import DataError
from nlg.robustness.wearing import Way, asking

FILE = "sgd_x.json.xz"
ACT = regex.compile(r"(?s)(?P<act>\S+)(?: (?P<slot>[^=\s]+))?(?P<values>=.*)?")
Names: TypeAlias = Mapping[str, Mapping[str, str]]
"""For each service what its slots are called."""


def ways(folder: Path) -> Sequence[Way]:
    """One a variant; none where the file is not there. Raises `DataError` when it is broken."""
    path = folder / FILE
    if not path.exists():
        return ()
    return [_way(variant, names) for variant, names in sorted(_read(path).items())]


def renamed(example: Example, slots: Mapping[str, str]) -> Example:
    """The example with other names of slots in its acts and replies."""
    parts = example.lines[-1].text.split(BETWEEN)
    placeholders: dict[str, str] = {}
    for act in map(ACT.fullmatch, parts):
        if act and act["slot"] in slots:
            placeholders |= _numbered(act["values"] or "", act["slot"], slots[act["slot"]])
    line = BETWEEN.join(_line(part, slots, placeholders) for part in parts)
    return replace(asking(example, line), replies=tuple(_said(text, placeholders) for text in example.replies))


def _way(variant: str, names: Names) -> Way:
    says = f"acts with the names of slots of SGD-X {variant}"
    return Way(f"sgd_x {variant}", says, partial(_wear, names), acts=True)


def _wear(names: Names, example: Example, _: random.Random) -> Example:
    return renamed(example, names.get(example.domain, {}))


def _read(path: Path) -> Mapping[str, Names]:
    try:
        found = json.loads(lzma.decompress(path.read_bytes()))
        return {
            variant: {name: told["slots"] for services in splits.values() for name, told in services.items()}
            for variant, splits in found.items()
        }
    except (OSError, lzma.LZMAError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}. Fetch it again, or take it out of the folder.") from error


def _numbered(values: str, slot: str, new: str) -> dict[str, str]:
    """What the placeholders of a slot are called: `city` and `city_2` of `city` become `town` and `town_2`."""
    own = [name for name in PLACEHOLDER.findall(values) if name.startswith(slot.lower())]
    return {name: new + name[len(slot) :] for name in own}


def _line(part: str, slots: Mapping[str, str], placeholders: Mapping[str, str]) -> str:
    act = ACT.fullmatch(part)
    if act is None:  # the rest of a value that has the sign between acts in it
        return part
    slot = slots.get(act["slot"], act["slot"]) if act["slot"] else ""
    return " ".join(part for part in (act["act"], slot) if part) + _said(act["values"] or "", placeholders)


def _said(text: str, placeholders: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: f"{{{{{placeholders.get(found[1], found[1])}}}}}", text)
