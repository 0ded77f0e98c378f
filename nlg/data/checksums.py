"""Check digits of numbers that name a person or an account."""

from __future__ import annotations

from datetime import date

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
TAIWAN_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of the numbers 10 to 35 that they stand for."""


def luhn(digits: str) -> bool:
    """Cards (ISO/IEC 7812). One digit over and over is none."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    plain = [int(digit) for digit in digits[::-2]]
    return len(set(digits)) > 1 and (sum(plain) + sum(two - 9 if two > 9 else two for two in doubled)) % 10 == 0


def resident(text: str) -> bool:
    """The identity card of the mainland of China (GB 11643): a day of birth that exists, and a check sign."""
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11] == text[17].upper()


def hong_kong(text: str) -> bool:
    """The identity card of Hong Kong: A123456(3). A single letter counts as if a blank stood before it."""
    body = text[:-3].rjust(8)
    values = [36 if sign == " " else int(sign, 36) for sign in body]
    check = int(text[-2], 16)
    return (sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) + check) % 11 == 0


def taiwan(text: str) -> bool:
    """The identity card of Taiwan: A123456789."""
    area = TAIWAN_LETTERS.index(text[0]) + 10
    values = [area // 10, area % 10, *(int(digit) for digit in text[1:])]
    return sum(value * weight for value, weight in zip(values, TAIWAN_WEIGHTS, strict=True)) % 10 == 0


def iban(text: str) -> bool:
    """An international bank account (ISO 13616): the remainder by 97 is 1."""
    bare = text.replace(" ", "")
    moved = bare[4:] + bare[:4]
    return 15 <= len(bare) <= 34 and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
