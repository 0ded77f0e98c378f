"""What is told about a reply. Standard library only: the admin page reads the JSON, which `docs/models.md` describes.

Where a model looks is told for each piece of the context, which is a token or, where tokens hold parts of one
character, all that make it up: their weights are added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

SCHEMA = "palaver.explanation/1"
SUMMED_UP = "mean over the heads of a layer, then over the layers"
DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens that are shown as one. `mark`: it is never shown to the customer (who speaks, the language, the topic)."""

    text: str
    tokens: tuple[int, ...]
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A token that might have come next, and how likely that was, from 0 to 1."""

    token: int
    text: str
    mark: bool
    odds: float


@dataclass(frozen=True, slots=True)
class Row:
    """How much was made of each piece of the context, and of what was written so far. Adds up to 1."""

    context: tuple[float, ...]
    reply: float


@dataclass(frozen=True, slots=True)
class Step:
    """One token of the reply. `odds` are the model's own, before the rules of decoding forbid anything.

    `part` is (1, 1), or (2, 3) for the second of three tokens that make up the character `text`. `rank` 1 is the
    likeliest token. `entropy_bits` is how open the choice was: 0 is certain, 1 a toss between two, 3 between eight.
    `attention` is the summary, `heads` each head of each layer; both are empty where nothing was looked at.
    """

    token: int
    text: str
    mark: bool
    part: tuple[int, int]
    odds: float
    rank: int
    entropy_bits: float
    alternatives: tuple[Choice, ...]
    attention: Row | None
    heads: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that looks at the context. `name` is its place in the model."""

    name: str
    heads: int


@dataclass(frozen=True, slots=True)
class Topic:
    """What the model said first that the question is about, and the next likeliest topics."""

    name: str
    odds: float
    others: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All about one reply. `score` is the mean log-probability of its tokens, `finish` why it ends, or `given`."""

    model: str
    family: str
    language: str
    context: tuple[Piece, ...]
    reply: str
    finish: str
    score: float
    topic: Topic | None
    layers: tuple[Layer, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    def to_wire(self, heads: bool = True) -> dict[str, Any]:
        """Plain JSON. Without `heads` only the summary of the attention is in it, which is much smaller."""
        told = asdict(self)
        if not heads:
            told["steps"] = [{**step, "heads": []} for step in told["steps"]]
        summed_up = SUMMED_UP if self.layers else ""
        return {"schema": SCHEMA, **_rounded(told), "attention_summary": summed_up}

    def to_json(self, heads: bool = True) -> str:
        return json.dumps(self.to_wire(heads), ensure_ascii=False) + "\n"


def summary(layers: Sequence[Sequence[Row]]) -> Row | None:
    """One row of the rows of each head of each layer: the mean over the heads, then over the layers."""
    return _mean(_mean(heads) for heads in layers) if layers else None


def _mean(rows: Iterable[Row]) -> Row:
    rows = list(rows)
    columns = zip(*(row.context for row in rows), strict=True)
    return Row(tuple(fmean(column) for column in columns), fmean(row.reply for row in rows))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
