"""Reads JSON that strangers send. Everything that could hurt later is refused here, with the reason."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 64
MAX_DIGITS = 40


class Unusable(ValueError):
    """The body is not usable JSON. `str(error)` is a short reason without any of its content."""


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`.

    Raises `Unusable` for anything else: not UTF-8, not JSON, not an object, nested deeper than 64, numbers such as
    NaN or thousands of digits, and text that cannot be stored (NUL, lone surrogates).
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_int=_bounded_int)
    except UnicodeDecodeError:
        raise Unusable("not UTF-8") from None
    except RecursionError:
        raise Unusable("nested too deeply") from None
    except Unusable:
        raise
    except ValueError:
        raise Unusable("not JSON") from None
    if not isinstance(value, dict):
        raise Unusable("not a JSON object")
    _check(value, MAX_DEPTH)
    return value


def _no_constant(name: str) -> float:
    raise Unusable(f"the number {name}")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Unusable("a number of too many digits")
    return int(digits)


def _check(value: object, depth: int) -> None:
    if depth == 0:
        raise Unusable("nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise Unusable("text with a NUL")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Unusable("text with a lone surrogate")
