r"""What somebody searches for, cut into terms: words, and runs of signs that are written without spaces.

The classes below are those that the migration gives to PostgreSQL; there a turn is cut by them, too.
"""

from __future__ import annotations

import re
from itertools import pairwise

SPACELESS = r"\u2E80-\u2FDF\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003134F"
"""Chinese characters and the syllables of Japanese: a word may begin anywhere among them."""
SEPARATORS = (
    r"\u0001-/:-@\[-`{-\u00BF\u2000-\u206F\u3000-\u3004\u3008-\u303F\uFE10-\uFE6F\uFF00-\uFF0F\uFF1A-\uFF20"
    r"\uFF3B-\uFF40\uFF5B-\uFF65"
)
"""Spaces and punctuation, Latin, general and Chinese."""
LONGEST_WORD = 64
"""Characters of a word that count."""
MOST_TERMS = 16

_TERM = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}{SEPARATORS}\\0]+")
_RUN = re.compile(f"[{SPACELESS}]+")


def terms(query: str) -> list[str]:
    """Return the first terms of a query, each once. A turn has to hold all of them; without any nothing is asked."""
    found = (term[:LONGEST_WORD] for term in _TERM.findall(query.lower()))
    return list(dict.fromkeys(found))[:MOST_TERMS]


def is_run(term: str) -> bool:
    """Say whether a term is written without spaces: it may stand anywhere, where a word counts from its beginning."""
    return _RUN.match(term) is not None


def pairs(run: str) -> list[str]:
    """Cut a run into its overlapping pairs of signs; a single sign stays as it is."""
    return [left + right for left, right in pairwise(run)] or [run]
