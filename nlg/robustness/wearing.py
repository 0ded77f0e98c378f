"""What a way of wearing examples promises: the same example and the same chance give the same worn example."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from nlg.contract import Line
from nlg.data.examples import Example
from nlg.data.languages import signs
from nlg.evaluation.words import is_chinese

Wearing: TypeAlias = Callable[[Example, random.Random], Example]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of wearing examples. `says` tells what it does to them.

    People's replies still answer a worn example unless it `empties` the question: then it has none, `topics` are what
    a good reply may be about (any where there are none), and `languages` those that it may be in (else that of the
    label). A way for `acts` changes lines of acts, all others what customers write.
    """

    name: str
    says: str
    wear: Wearing
    empties: bool = False
    topics: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    acts: bool = False


class Wear(Protocol):
    """A plugin in `nlg.robustness.wear`."""

    def ways(self, folder: Path) -> Sequence[Way]:
        """The ways it has; `folder` is that of the data, for those that need a file. Raises `DataError`."""
        ...


def worn(examples: Sequence[Example], way: Way, seed: int) -> list[Example]:
    """Wear examples, each with a chance of its own: it does not depend on what else is worn."""
    return [way.wear(example, random.Random(f"{seed}/{way.name}/{at}")) for at, example in enumerate(examples)]


def chinese(example: Example) -> bool:
    """Whether the last line is in Chinese: by its writing or, where that does not tell, by the label."""
    return is_chinese(signs(example.lines[-1].text).language or example.language)


def asking(example: Example, text: str) -> Example:
    """The example with another last line; what was said before stays."""
    *before, last = example.lines
    return replace(example, lines=(*before, Line(last.role, text)))
