"""Choices: one file each with a `CHOICE`, found by its name. Of several replies that a search found, which is given?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nlg.beam import Found
from nlg.data.examples import Example
from nlg.tokenizer import ReplyTokenizer


class Choice(Protocol):
    """A way to choose. What is found is in its order, best first, and at least one."""

    def __call__(self, found: Sequence[Found], example: Example, tokenizer: ReplyTokenizer) -> Found: ...
