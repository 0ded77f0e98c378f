"""Which of a teacher's replies are worth reading. A student learns its teacher's faults as gladly as its sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from nlg.beam import Found
from nlg.data.acts import PLACEHOLDER
from nlg.data.examples import Example
from nlg.tokenizer import PLACEHOLDERS, ReplyTokenizer

Filter: TypeAlias = Callable[[Found, Example, ReplyTokenizer], bool]
LOOP = 6
"""So many tokens in a row that come again are a loop, not a figure of speech."""


def ended(found: Found, _: Example, __: ReplyTokenizer) -> bool:
    """It came to its end by itself."""
    return found.ended


def says_something(found: Found, _: Example, tokenizer: ReplyTokenizer) -> bool:
    """There is text in it: a topic alone would teach a student to stop after it."""
    return bool(tokenizer.decode(found.tokens).strip())


def on_topic(found: Found, example: Example, tokenizer: ReplyTokenizer) -> bool:
    """Where replies open with their topic and the corpus tells it, the teacher found the same."""
    topic = tokenizer.topic(example.domain)
    return not topic or found.tokens[:1] == topic


def whole(found: Found, example: Example, tokenizer: ReplyTokenizer) -> bool:
    """All placeholders of the acts that it should word are there, and no others; in a chat, only known ones are."""
    names = PLACEHOLDER.findall(tokenizer.decode(found.tokens))
    asked = PLACEHOLDER.findall(example.lines[-1].text)
    return sorted(names) == sorted(set(asked)) if asked else set(names) <= set(PLACEHOLDERS)


def no_loop(found: Found, _: Example, __: ReplyTokenizer) -> bool:
    """It does not go in circles."""
    runs = [tuple(found.tokens[at : at + LOOP]) for at in range(len(found.tokens) - LOOP + 1)]
    return len(set(runs)) == len(runs)


FILTERS: Sequence[Filter] = (ended, says_something, on_topic, whole, no_loop)


def worth(found: Found, example: Example, tokenizer: ReplyTokenizer) -> bool:
    """Whether it passes all of them."""
    return all(passes(found, example, tokenizer) for passes in FILTERS)
