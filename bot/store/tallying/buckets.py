"""Times in buckets that grow by a tenth, so that they can be added up, and a percentile is off by 5 % at most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

GROWTH = 1.1
LONGEST = 3_600_000.0
"""Milliseconds. The first bucket is up to one millisecond, the last everything beyond this."""
BOUNDS = tuple(GROWTH**power for power in range(math.ceil(math.log(LONGEST, GROWTH)) + 1))


class bucket_of(FunctionElement[int]):  # noqa: N801 - reads as an SQL function
    """The number of the bucket of a time in milliseconds. The expression must hold no bound values."""

    type = BigInteger()
    inherit_cache = True


@compiles(bucket_of)
def _compiled(element: bucket_of, compiler: SQLCompiler, **kw: Any) -> str:
    return _search(compiler.process(element.clauses, **kw), 0, len(BOUNDS))


def _search(time: str, low: int, high: int) -> str:
    """Search by halves: eight comparisons a time, without a logarithm, which not every SQLite has."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    below, above = _search(time, low, middle), _search(time, middle + 1, high)
    return f"CASE WHEN {time} <= {BOUNDS[middle]!r} THEN {below} ELSE {above} END"


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the time in milliseconds that so large a share of the counted times does not exceed; `None` of none."""
    wanted = share * sum(counts.values())
    for bucket in sorted(counts):
        wanted -= counts[bucket]
        if wanted <= 1e-9:
            return _middle(bucket)
    return None


def _middle(bucket: int) -> float:
    """The geometric middle, which is within a factor of the root of `GROWTH` of all times in the bucket."""
    upper = BOUNDS[min(bucket, len(BOUNDS) - 1)]
    return upper / math.sqrt(GROWTH)
