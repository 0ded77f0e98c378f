"""Whether what a model wrote may stand in a document: given names and numbers are in it as given, and no others are.

Numbers are found by their digits: 三天 and "three days" are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import regex

from nlg.documents.filling import fill_later, placeholders

_WORDLY = regex.compile(r"[\p{Nd}\p{Latin}]")
_NUMBER = regex.compile(r"\p{Nd}+(?:[.,:/-]\p{Nd}+)*")


def trouble(text: str, given: Mapping[str, str], kept: Iterable[str], asked: str) -> str:
    """Why a text cannot stand; empty when it can.

    `given` are the values of all fields, `kept` the names of those that have to appear, and `asked` is the question
    with its values in place.
    """
    if not text:
        return "it is empty"
    if unknown := [name for name in placeholders(text) if name not in given]:
        return f"it speaks of {{{{{unknown[0]}}}}}, for which there is no field"
    filled = fill_later(text, given)
    if lost := [name for name in kept if not appears(given[name], filled)]:
        return f"{given[lost[0]]!r} ({lost[0]}) is not in it"
    known = {number for told in (asked, *(given[name] for name in placeholders(text))) for number in numbers(told)}
    if invented := [number for number in numbers(filled) if number not in known]:
        return f"nobody gave it the number {invented[0]}"
    return ""


def appears(value: str, text: str) -> bool:
    """Whether a value stands in a text sign by sign, and not as a part of a longer number or Latin word."""
    before, after = _WORDLY.match(value[:1]), _WORDLY.match(value[-1:])
    found = (
        (r"(?<![\p{Nd}\p{Latin}])" if before else "")
        + (r"(?<!\p{Nd}[.,:/-])" if value[:1].isdecimal() else "")
        + regex.escape(value)
        + (r"(?![\p{Nd}\p{Latin}])" if after else "")
        + (r"(?![.,:/-]\p{Nd})" if value[-1:].isdecimal() else "")
    )
    return regex.search(found, text) is not None


def numbers(text: str) -> list[str]:
    """The numbers of a text, as they are written."""
    return _NUMBER.findall(text)
