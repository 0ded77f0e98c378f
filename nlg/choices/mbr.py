"""Minimum Bayes risk: gives the reply that is most like all the others, weighted by how likely they are.

Kumar and Byrne (2004); likeness is the F of words in pairs and alone, as references are replies too and none is gold.
What a search finds by luck alone has no relatives, and loses.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from nlg.beam import Found
from nlg.data.examples import Example
from nlg.tokenizer import ReplyTokenizer


def mbr(found: Sequence[Found], _: Example, __: ReplyTokenizer) -> Found:
    best = found[0].score
    weights = [math.exp(one.score - best) for one in found]
    grams = [_grams(one.tokens) for one in found]
    gains = [sum(weight * _likeness(one, other) for weight, other in zip(weights, grams, strict=True)) for one in grams]
    return found[gains.index(max(gains))]


def _grams(tokens: Sequence[int]) -> Counter[tuple[int, ...]]:
    return Counter([*((token,) for token in tokens), *pairwise(tokens)])


def _likeness(one: Counter[tuple[int, ...]], other: Counter[tuple[int, ...]]) -> float:
    return 2 * (one & other).total() / max(1, one.total() + other.total())


CHOICE = mbr
