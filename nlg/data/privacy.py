"""Finds personal data: e-mail, telephone, cards, accounts and the numbers of identity papers, in English and Chinese.

Numbers that carry a check digit are believed only when it fits. What has no form of its own (names, addresses) is not
found: a person has to look. Numbers that are free to call (800, 400) belong to a firm and are passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_letters, digits

from nlg.data import checksums

TOLL_FREE = ("400", "800", "833", "844", "855", "866", "877", "888")
NARROW = {ord(sign) + 0xFEE0: sign for sign in f"{digits}{ascii_letters}@+-._"}
"""The wide forms of what numbers and addresses are made of; Chinese commas and stops stay."""
ALONE, ENDED = r"(?<![0-9A-Za-z#])", r"(?![0-9A-Za-z])"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text in which each find is replaced by its kind (`[e-mail]`), and how many there were of each."""

    text: str
    found: Counter[str]


@dataclass(frozen=True, slots=True)
class _Finder:
    kind: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]


def redact(text: str) -> Redacted:
    """Replace personal data. Wide digits and letters (１３８) are read, and come back, as the usual ones."""
    text, found = text.translate(NARROW), Counter[str]()
    if not any(sign.isdecimal() or sign == "@" for sign in text):
        return Redacted(text, found)
    for finder in FINDERS:

        def replaced(match: re.Match[str], finder: _Finder = finder) -> str:
            if not finder.valid(match[0]):
                return match[0]
            found[finder.kind] += 1
            return f"[{finder.kind}]"

        text = finder.pattern.sub(replaced, text)
    return Redacted(text, found)


def _finder(kind: str, pattern: str, valid: Callable[[str], bool] = lambda _: True) -> _Finder:
    return _Finder(kind, re.compile(pattern, re.ASCII), valid)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal())


def _abroad(text: str) -> bool:
    number = _digits(text)
    national = number[1:] if number[0] == "1" else number.removeprefix("86")
    return 8 <= len(number) <= 15 and not national.startswith(TOLL_FREE)


def _american(text: str) -> bool:
    return not _digits(text)[-10:].startswith(TOLL_FREE)


CARD = ALONE + r"(?:[2-6]\d{12,18}|[2-6]\d{3}(?:[ -]\d{4}){2,3}[ -]?\d{1,4}|3\d{3}[ -]\d{6}[ -]\d{5})" + ENDED
"""In one piece, in fours, or as American Express prints it: numbers of orders come in other pieces."""
IBAN = ALONE + r"[A-Z]{2}(?!0[01]|99)\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + ENDED
FINDERS = (
    _finder("e-mail", r"(?<![\w.%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![A-Za-z])"),
    _finder(
        "account",
        ALONE + r"[A-Z]{2}(?!0[01]|99)\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + ENDED,
        checksums.iban,
    ),
    _finder("id number", ALONE + r"\d{6}(?:18|19|20)\d{9}[\dXx]" + ENDED, checksums.resident),
    _finder("id number", ALONE + r"[A-Z]{1,2}\d{6}[(（][\dA][)）]", checksums.hong_kong),
    _finder("id number", ALONE + r"[A-Z][1289]\d{8}" + ENDED, checksums.taiwan),
    _finder("id number", ALONE + r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}" + ENDED),
    _finder("id number", ALONE + r"[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]" + ENDED),
    _finder("card", CARD, lambda text: checksums.luhn(_digits(text))),
    _finder("telephone", r"(?<![0-9A-Za-z+])\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}" + ENDED, _abroad),
    _finder("telephone", ALONE + r"(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}" + ENDED, _american),
    _finder("telephone", ALONE + r"0[1-9]\d{1,3}[ -]\d{3,4}[ -]?\d{3,4}" + ENDED),
    _finder("telephone", ALONE + r"(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + ENDED),
)
"""Tried in this order: a number that is found is not looked at again."""
