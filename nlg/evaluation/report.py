"""What measuring comes to, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from nlg.contract import Decoding
from nlg.evaluation.writing import Searching, Speed


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one language and kind of turn. Perplexities and accuracy are of the replies of people.

    Where replies open with a token for the topic, guessing it is part of the surprise, which is shared out among the
    tokens of the text alone (see `nlg.evaluation.likelihood`). `scores` and `signatures` are those of the metrics.
    """

    language: str
    turns: str
    examples: int
    perplexity_token: float | None
    perplexity_byte: float | None
    token_accuracy: float | None
    on_topic: float | None
    scores: Mapping[str, float | None]
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one model on one split: on `examples` of the `total` that there are.

    Replies were chosen token by token as `decoding` says or, if there is a `search`, by that. Speed is always that of
    token by token.
    """

    model: str
    data: str
    parameters: int
    examples: int
    total: int
    decoding: Decoding
    groups: tuple[Group, ...]
    speed: Speed
    search: Searching | None = None
    rule: bool = False
    """Whether this is a baseline and no model: what it said was chosen by no `decoding`."""

    def to_json(self) -> str:
        return dumped(asdict(self))


def dumped(values: Mapping[str, object]) -> str:
    """JSON for a file."""
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
