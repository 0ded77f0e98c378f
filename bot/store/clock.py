"""The database's clock as an SQL expression: seconds since 1970, in UTC. Worker clocks are never trusted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class db_now(FunctionElement[float]):  # noqa: N801 - reads as an SQL function
    """The moment this expression is evaluated, even within a long transaction."""

    type = Double()
    inherit_cache = True


@compiles(db_now)
def _generic(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001 - signature of the hook
    return "extract(epoch from clock_timestamp())::double precision"


@compiles(db_now, "sqlite")
def _sqlite(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001 - signature of the hook
    # unixepoch('subsec') needs SQLite 3.42; Debian 12 ships 3.40.
    return "((julianday('now') - 2440587.5) * 86400.0)"


class hour_of(FunctionElement[int]):  # noqa: N801 - reads as an SQL function
    """The hour in which a time lies, counted from 1970 in UTC."""

    type = BigInteger()
    inherit_cache = True


@compiles(hour_of)
def _generic_hour(element: hour_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(floor({compiler.process(element.clauses, **kw)} / 3600) AS BIGINT)"


@compiles(hour_of, "sqlite")
def _sqlite_hour(element: hour_of, compiler: SQLCompiler, **kw: Any) -> str:
    # floor() is not compiled into every SQLite; a cast cuts, which is the same for times since 1970.
    return f"CAST({compiler.process(element.clauses, **kw)} / 3600 AS INTEGER)"
