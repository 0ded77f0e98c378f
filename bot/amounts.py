"""Finds the numbers that a text says, in digits and in words, so that nobody is told one that was made up.

Left out are the harmless ones, unless asked for: one and two (not "two days", "one percent", "two dollars"), "a few",
first to third, and the marks of a list that counts from 1. Weekdays and names of months are no numbers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import regex

from bot.numerals import CHINESE, ENGLISH, of_chinese, of_english


class Kind(StrEnum):
    """What is counted, as far as it matters whether two amounts are the same."""

    PLAIN = ""
    PERCENT = "percent"
    MONEY = "money"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text: where it stands (with a mark of percent or money), its value in digits, what it counts."""

    start: int
    end: int
    value: str
    kind: Kind


DIGITS = regex.compile(r"[\p{N}--〇]+(?:[.,:][\p{N}--〇]+)*", regex.V1)
THOUSANDS = regex.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
MARK = regex.compile(
    r"(?:^|(?<=[\n.!?;:。！？；：]))\s{0,3}[(（]?(?P<number>[1-9]\d?)[.)）、．](?![\d.])|(?P<number>[①-⑨])", regex.M
)
BEFORE = (
    (Kind.PERCENT, regex.compile(r"百分之$")),
    (Kind.MONEY, regex.compile(r"(?:\p{Sc}|(?<!\p{Latin})(?:usd|eur|gbp|cny|rmb))\s?$", regex.I)),
)
AFTER = tuple(
    (kind, regex.compile(pattern, regex.I))
    for kind, pattern in (
        (Kind.PERCENT, r"\s?(?:[%％‰折]|成(?![功为员本熟立交])|per ?cent|个?百分点)"),
        (
            Kind.MONEY,
            r"\s?(?:\p{Sc}|(?:dollars?|euros?|pounds?|pence|cents?|yuan|usd|eur|gbp|cny|rmb)(?!\p{Latin})"
            r"|元|块钱|(?<!一)块(?=[，。！？,.]|$)|美元|欧元|英镑|毛钱|角(?![落色度]))",
        ),
        (Kind.MINUTE, r"[\s-]?(?:minutes?(?!\p{Latin})|分钟)"),
        (
            Kind.HOUR,
            r"[\s-]?(?:hours?(?!\p{Latin})|个?(?:小时|钟头)|(?:o.?clock|[ap]\.?m)(?!\p{Latin})|点[钟半])",
        ),
        (Kind.DAY, r"[\s-]?(?:(?:working |business |calendar )?days?(?!\p{Latin})|个?工作日|天)"),
        (Kind.WEEK, r"[\s-]?(?:weeks?(?!\p{Latin})|周|个?星期|个?礼拜)"),
        (Kind.MONTH, r"[\s-]?(?:months?(?!\p{Latin})|个月)"),
        (Kind.YEAR, r"[\s-]?(?:years?(?!\p{Latin})|年)"),
    )
)
WITHIN = regex.compile(r"(?:之|以)?内|左右|[后前]")
DAYTIME = regex.compile(r"(?:上午|下午|早上|晚上|中午|凌晨)$")
UNITS = (Kind.PERCENT, Kind.MONEY)


def amounts(text: str, *, harmless: bool = False) -> list[Amount]:
    """Return the numbers in order; `harmless` also those that may always be said."""
    marks = set() if harmless else _marks(text)
    found = [amount for amount in _digits(text) if amount.start not in marks]
    found += [amount for amount in _words(text) if harmless or not _is_harmless(text, amount)]
    return sorted(found, key=lambda amount: amount.start)


def _marks(text: str) -> set[int]:
    """Return where the marks of a list stand: the first is a 1, each later one the next number."""
    places: set[int] = set()
    for mark in MARK.finditer(text):
        if int(unicodedata.normalize("NFKC", mark["number"])) == len(places) + 1:
            places.add(mark.start("number"))
    return places


def _digits(text: str) -> Iterator[Amount]:
    for found in DIGITS.finditer(text):
        yield _amount(text, found.start(), found.end(), _written_alike(found[0]))


def _written_alike(digits: str) -> str:
    """Return one way of writing for `1,000` and `1000`, `１２` and `12`, `3.90` and `3.9`."""
    plain = "".join(
        str(unicodedata.decimal(sign)) if unicodedata.decimal(sign, None) is not None else sign
        for sign in unicodedata.normalize("NFKC", digits)
    )
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    return plain.rstrip("0").rstrip(".") if regex.fullmatch(r"\d+\.\d+", plain) else plain


def _words(text: str) -> Iterator[Amount]:
    for found in ENGLISH.finditer(text):
        yield _amount(text, found.start(), found.end(), of_english(found[0]))
    for found in CHINESE.finditer(text):
        yield _amount(text, found.start(), found.end(), of_chinese(found[0]))


def _amount(text: str, start: int, end: int, value: str) -> Amount:
    for kind, pattern in BEFORE:
        if mark := pattern.search(text, max(0, start - 5), start):
            return Amount(mark.start(), end, value, kind)
    for kind, pattern in AFTER:
        if mark := pattern.match(text, end):
            return Amount(start, mark.end() if kind in UNITS else end, value, kind)
    return Amount(start, end, value, Kind.PLAIN)


def _is_harmless(text: str, amount: Amount) -> bool:
    """Whether a number in words may always be said: one or two, and no price, share or time."""
    if amount.value not in ("1", "2", "1-2") or amount.kind in UNITS:
        return False
    said = text[amount.start : amount.end]
    if said.isascii():
        return amount.kind in (Kind.PLAIN, Kind.MINUTE)
    if DAYTIME.search(text, 0, amount.start) and text.startswith("点", amount.end):
        return False
    if text.startswith(("号", "月"), amount.end):
        return False
    if amount.kind in (Kind.PLAIN, Kind.MINUTE):
        return True
    unit = next(mark for kind, pattern in AFTER if kind is amount.kind and (mark := pattern.match(text, amount.end)))
    return said[0] == "一" and not WITHIN.match(text, unit.end())
