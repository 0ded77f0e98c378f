"""Acts whose slots have other names: the five paraphrased schemas of SGD-X (Lee et al. 2022), nearest first.

The file `sgd_x.json.xz` beside the data is `{variant: {split: {service: {"service", "slots"}}}}`, where `slots` says
what each slot of a service is called in that variant. A slot is renamed where acts name it; people's wordings stay, as
placeholders have numbers and no names. Names of services and values are no part of what a model reads.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import regex

from nlg.data.acts import BETWEEN
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
    """The example with other names of slots in its acts."""
    return asking(example, BETWEEN.join(_line(part, slots) for part in example.lines[-1].text.split(BETWEEN)))


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


def _line(part: str, slots: Mapping[str, str]) -> str:
    act = ACT.fullmatch(part)
    if act is None or not act["slot"]:  # without a match, the rest of a value that has the sign between acts in it
        return part
    return f"{act['act']} {slots.get(act['slot'], act['slot'])}{act['values'] or ''}"
