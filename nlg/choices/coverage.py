"""Gives the likeliest reply that says exactly what its acts want; without one, that which misses least.

Reranking by slot errors (Wen et al. 2015, section 3.4). Where no acts are told it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlg.beam import Found
from nlg.data.acts import PLACEHOLDER, covered
from nlg.data.examples import Example
from nlg.tokenizer import ReplyTokenizer


def coverage(found: Sequence[Found], example: Example, tokenizer: ReplyTokenizer) -> Found:
    wanted = frozenset(PLACEHOLDER.findall(example.lines[-1].text))
    if not wanted:
        return found[0]
    errors = [covered(tokenizer.decode(one.tokens), wanted) for one in found]
    wrong = [error.missing + error.superfluous for error in errors]
    return found[wrong.index(min(wrong))]


CHOICE = coverage
