"""Whether a value can be what a fact asks for."""

from __future__ import annotations

import regex

from bot.facts import Both, Fact, Kind

LONGEST = 300
WRONG: dict[Kind, tuple[regex.Pattern[str], Both]] = {
    Kind.TEXT: (regex.compile(r"[^\p{Cc}]+"), ("must be one line of text", "应是一行文字")),
    Kind.PAGE: (
        regex.compile(
            r"(?:https?://)?(?:[\p{L}\d](?:[\p{L}\d-]*[\p{L}\d])?\.)+\p{L}{2,}(?::\d{1,5})?(?:[/?#][^\s{}]*)?"
        ),
        ("must be a web address such as lin.example/orders", "应是网址，例如 lin.example/orders"),
    ),
    Kind.EMAIL: (
        regex.compile(r"[^\s@{}<>]+@(?:[\p{L}\d-]+\.)+\p{L}{2,}"),
        ("must be a mail address such as help@lin.example", "应是邮箱地址，例如 help@lin.example"),
    ),
    Kind.PHONE: (
        regex.compile(r"\+?(?:[\s()./-]*\d){3,20}[\s()./-]*(?:(?:ext\.?|x|转)\s*\d{1,6})?"),
        ("must be a phone number such as +44 20 7946 0000", "应是电话号码，例如 010-5550 0100"),
    ),
    Kind.NUMBER: (
        regex.compile(r"[1-9]\d{0,3}(?:\s?[-–]\s?[1-9]\d{0,3})?"),
        ("must be a whole number such as 30, or two such as 3-5, without a unit", "应是整数，例如 30 或 3-5，不带单位"),
    ),
    Kind.AMOUNT: (
        regex.compile(r"(?=.*\d)(?=.*[\p{Sc}\p{L}])[^\p{Cc}]+"),
        ("must be an amount with its currency, such as £3.90", "应是带货币单位的金额，例如 8元"),
    ),
}


def wrong_with(fact: Fact, value: str, language: str) -> str:
    """Return what is wrong with a value, empty when nothing is."""
    pattern, words = WRONG[fact.kind]
    if len(value) <= LONGEST and "{{" not in value and "}}" not in value and pattern.fullmatch(value):
        return ""
    return words[language == "zh"]


def written(fact: Fact, value: str) -> str | int:
    """Return the value as the settings file holds it: a bare number without quotes."""
    return int(value) if fact.kind is Kind.NUMBER and value.isdecimal() and value.isascii() else value
