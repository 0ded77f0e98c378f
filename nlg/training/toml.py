"""Writes TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render(values: Mapping[str, Any]) -> str:
    """A document that reads as `values`: texts, numbers, truths, lists and tables of them."""
    return "\n".join(_lines(values, ())).lstrip("\n") + "\n"


def _lines(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    plain = [f"{_key(name)} = {_value(value)}" for name, value in values.items() if name not in tables]
    head = ["", f"[{'.'.join(map(_key, path))}]"] if path and (plain or not tables) else []
    return [*head, *plain, *(line for name, table in tables.items() for line in _lines(table, (*path, name)))]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)


def _text(text: str) -> str:
    """JSON writes texts as TOML does, but for one sign."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
