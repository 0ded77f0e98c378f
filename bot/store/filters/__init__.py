"""By what conversations are filtered, one a file: its name is the name in the page's address.

Each offers `FILTER`. A filter over another table asks `EXISTS`, so that no conversation comes twice.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from bot.plugins import load_plugin, plugin_names

MOST_CHOICES = 100

Choices = Callable[[AsyncConnection], Awaitable[Sequence[str]]]


def fixed(*choices: str) -> Choices:
    """Offer these and no others."""

    async def tell(connection: AsyncConnection) -> Sequence[str]:  # noqa: ARG001 - signature of choices
        return choices

    return tell


def distinct(column: InstrumentedAttribute[str]) -> Choices:
    """Offer what stands in an indexed column: one look into the index for each, however many rows there are."""

    async def tell(connection: AsyncConnection) -> Sequence[str]:
        first = select(column).order_by(column).limit(1).scalar_subquery()
        walk = select(first.label("value")).cte("walk", recursive=True)
        following = select(column).where(column > walk.c.value).order_by(column).limit(1).scalar_subquery()
        walk = walk.union_all(select(following).where(walk.c.value.is_not(None)))
        found = select(walk.c.value).where(walk.c.value != "").limit(MOST_CHOICES)
        return list((await connection.execute(found)).scalars())

    return tell


@dataclass(frozen=True, slots=True)
class Filter:
    """`condition` says of a value which conversations it lets through, `choices` which values a page should offer.

    Without choices a value is a day such as `2026-11-05`. Filters stand on the page in the order of `place`.
    """

    place: int
    condition: Callable[[str], ColumnElement[bool]]
    """Raises `ValueError` for a value that makes no sense."""
    choices: Choices | None = None
    worded: bool = False
    """Whether the pages have a word for each of the choices."""


@cache
def filters() -> Mapping[str, Filter]:
    """Return all filters by name, in their order on the page."""
    package = sys.modules[__name__]
    found: dict[str, Filter] = {}
    for name in plugin_names(package):
        module = load_plugin(package, name)
        if module is not None:
            found[name] = module.FILTER
    return dict(sorted(found.items(), key=lambda item: item[1].place))
