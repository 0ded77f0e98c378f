"""Takes fields out of a record. Each raises `ValueError` with a sentence that names the field."""

from __future__ import annotations

from nlg.contract import Role
from nlg.data.rows import Record


def text(record: Record, name: str) -> str:
    """A string that must be there."""
    if name not in record:
        raise ValueError(f"no {name!r}")
    value = record[name]
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is {type(value).__name__}, not a string")
    return value


def label(record: Record, name: str) -> str:
    """A name or a number that may be missing: then it is empty."""
    value = record.get(name)
    return "" if value is None else str(value)


def objects(record: Record, name: str) -> list[Record]:
    """A list of JSON objects that must be there, and not empty."""
    values = record.get(name)
    if not isinstance(values, list):
        raise ValueError(f"{name!r} is {type(values).__name__}, not a list" if name in record else f"no {name!r}")
    if not values:
        raise ValueError(f"{name!r} is empty: a line without {name}")
    for at, value in enumerate(values, start=1):
        if not isinstance(value, dict):
            raise ValueError(f"number {at} of {name!r} is not a JSON object")
    return values


def role(record: Record, known: dict[str, Role]) -> Role:
    """Who speaks, by the names that a schema gives them."""
    name = text(record, "role")
    if name not in known:
        raise ValueError(f"{name!r} is not a valid Role: write {' or '.join(known)}")
    return known[name]
