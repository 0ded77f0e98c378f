"""Puts an exchange about something else before a context, so that a model learns to follow the last question.

Corpora keep to a topic for a whole dialogue. People do not: they ask about a refund, then for the opening hours, now
and then in another language. A model that never saw that answers everything by what was asked first.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from nlg.data.batches import Encoded
from nlg.tokenizer import ASSISTANT, CONTROLS, USER

MARKS = range(CONTROLS.index("<|assistant|>") + 1, len(CONTROLS))
"""Of languages, which stand before a context once."""


class Digressing:
    """Does so with a share of contexts; one that would be longer than `limit` stays as it is."""

    def __init__(self, examples: Sequence[Encoded], share: float, limit: int) -> None:
        self._share, self._limit = share, limit
        self._exchanges = [
            [*_bare(example.contexts[0]), ASSISTANT, *reply[len(example.topic) :]]
            for example in examples
            for reply in example.replies[:1]
            if example.contexts[0].count(USER) == 1 and ASSISTANT not in example.contexts[0]
        ]

    def __call__(self, context: list[int], chance: random.Random) -> list[int]:
        if not self._exchanges or chance.random() >= self._share:
            return context
        own = _bare(context)
        longer = [*context[: len(context) - len(own)], *chance.choice(self._exchanges), *own]
        return longer if len(longer) <= self._limit else context


def _bare(context: Sequence[int]) -> Sequence[int]:
    """The context without the mark of its language."""
    return context[1:] if context[0] in MARKS else context
