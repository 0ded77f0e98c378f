"""Makes frozen dataclasses of plain values from TOML or JSON, and says clearly what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nlg.errors import RecipeError

T = TypeVar("T")


def build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """Make a dataclass of plain values, checking names and types; raise `RecipeError` that says where it is wrong."""
    names = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in names}
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise RecipeError(f"{where}: unknown setting {unknown[0]!r}. Known are: {', '.join(hints)}.")
    try:
        return kind(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in values.items()})
    except TypeError as error:
        needed = ", ".join(entry.name for entry in fields(kind) if entry.name not in values)  # type: ignore[arg-type]
        raise RecipeError(f"{where}: something is missing; not given are: {needed}.") from error
    except ValueError as error:
        raise RecipeError(f"{where}: {error}.") from error


def _value(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        return build(hint, value, where)
    if get_origin(hint) is list and type(value) is list:
        return [_value(get_args(hint)[0], entry, f"{where}.{at}") for at, entry in enumerate(value, start=1)]
    if get_origin(hint) is tuple and type(value) is list:
        return tuple(_value(list[get_args(hint)[0]], value, where))  # type: ignore[misc]
    if hint is float and type(value) is int:
        return float(value)
    choices = get_args(hint) if isinstance(next(iter(get_args(hint)), None), str) else ()
    if choices and value not in choices:
        raise RecipeError(f"{where}: {value!r} is none of {', '.join(choices)}.")
    plain = get_origin(hint) or hint
    if not choices and isinstance(plain, type) and type(value) is not plain and plain is not Mapping:
        raise RecipeError(f"{where}: {value!r} should be of type {plain.__name__}.")
    return value
