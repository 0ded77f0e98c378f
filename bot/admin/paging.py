"""Pages through a long list by its keys, so that the thousandth page is as quick as the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import QueryParams

from bot.admin.visit import Visit

SIZE = 50
CURSORS = ("older", "newer")


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a list, the newest first; `newer` and `older` are links, empty where there is nothing more."""

    rows: Sequence[Row[Any]]
    newer: str = ""
    older: str = ""


async def read_slice(
    visit: Visit,
    connection: AsyncConnection,
    statement: Select[*tuple[Any, ...]],
    keys: Sequence[ColumnElement[Any]],
    size: int = SIZE,
) -> Slice:
    """Run the statement for the part of the list that the request's address asks for.

    `keys` are columns of the statement that say the order (descending) and are unique together; an index on them makes
    it quick. Filters in the address are kept by the links.
    """
    query = visit.request.query_params
    back = read_cursor(query.get("newer", ""), len(keys))
    start = back or read_cursor(query.get("older", ""), len(keys))
    if start:
        here, there = tuple_(*keys), tuple_(*start)
        statement = statement.where(here > there if back else here < there)
    order = [key.asc() if back else key.desc() for key in keys]
    rows = list((await connection.execute(statement.order_by(None).order_by(*order).limit(size + 1))).all())
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    newer, older = (more, True) if back else (bool(start), more)
    names = [key.key for key in keys]
    return Slice(
        rows,
        _link(query, "newer", rows[0], names) if newer and rows else "",
        _link(query, "older", rows[-1], names) if older and rows else "",
    )


def write_cursor(values: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def read_cursor(text: str, count: int) -> list[float | int | str] | None:
    """Return the values of a cursor, `None` for one that we did not write."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    fits = isinstance(values, list) and len(values) == count and all(type(one) in (int, float, str) for one in values)
    return values if fits else None


def _link(query: QueryParams, name: str, row: Row[Any], names: Sequence[str | None]) -> str:
    kept = [(key, value) for key, value in query.multi_items() if key not in CURSORS]
    return "?" + urlencode([*kept, (name, write_cursor([getattr(row, str(key)) for key in names]))])
