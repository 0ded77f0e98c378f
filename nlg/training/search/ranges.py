"""What a recipe's `[search]` table says: which settings may be changed, and between which values.

It has the tables of the recipe. In place of a value stands a list of choices, or a table with `low` and `high` (both
included; whole numbers if both are), and perhaps `step`, or `log = true` for what differs in size. A plain value holds
for all trials, and not for the recipe that is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from nlg.errors import RecipeError
from nlg.training.search.history import Value

TABLES = ("schedule", "care", "model")
EXAMPLE = "[search.schedule] rate = {low = 5e-4, high = 5e-3, log = true}"


@dataclass(frozen=True, slots=True)
class Space:
    """What is drawn for each trial, and what is the same for all, by dotted names."""

    drawn: Mapping[str, BaseDistribution]
    fixed: Mapping[str, Value]


def space(search: Mapping[str, Any]) -> Space:
    """Read a `[search]` table; raise `RecipeError` when it makes no sense."""
    for table in search:
        if table not in TABLES:
            raise RecipeError(
                f"search.{table}: losses are compared, so all trials need the same text. Search in "
                f"{', '.join(TABLES)}, such as {EXAMPLE}"
            )
    leaves = dict(_leaves(search, ""))
    drawn = {name: _range(name, value) for name, value in leaves.items() if isinstance(value, list | Mapping)}
    if not drawn:
        raise RecipeError(f"the recipe says nothing of what to search. Add ranges, such as {EXAMPLE}")
    return Space(drawn, {name: value for name, value in leaves.items() if name not in drawn})


def applied(values: Mapping[str, Any], changes: Mapping[str, Value]) -> dict[str, Any]:
    """The plain values of a recipe with some of them changed, and without its `[search]`."""
    after = {name: value for name, value in values.items() if name != "search"}
    for name, value in changes.items():
        after = _set(after, name.split("."), value)
    return after


def _set(values: Mapping[str, Any], path: list[str], value: Value) -> dict[str, Any]:
    name, *rest = path
    return {**values, name: _set(values.get(name, {}), rest, value) if rest else value}


def _leaves(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and not {"low", "high"} & set(value):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _range(name: str, value: Any) -> BaseDistribution:
    try:
        if isinstance(value, list):
            return _choices(value)
        whole = type(value["low"]) is type(value["high"]) is int
        return IntDistribution(**value) if whole else FloatDistribution(**value)
    except (KeyError, TypeError, ValueError) as error:
        raise RecipeError(
            f"search.{name}: {error}. Give a list of choices, or low, high and perhaps step or log."
        ) from error


def _choices(values: list[Any]) -> CategoricalDistribution:
    if not all(isinstance(value, Value) for value in values):
        raise ValueError("only plain values can be chosen from")
    return CategoricalDistribution(values)
