"""Which days are shown, in the zone of the reader: hours since 1970, cut where a day, an hour or a week begins."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SPANS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
"""Days, today among them."""
USUAL = "month"
BY_WEEK = 120
"""More days than this are cut into weeks."""
MOST = 3660
"""Days that can be asked for at most."""


@dataclass(frozen=True, slots=True)
class Cut:
    """`starts` are the hours where each piece begins, `end` where the last one ends, `labels` their names."""

    starts: Sequence[int]
    end: int
    labels: Sequence[str]

    @property
    def begin(self) -> int:
        return self.starts[0]

    def piece(self, hour: int) -> int:
        """Return in which piece an hour lies."""
        return bisect_right(self.starts, hour) - 1


def zone_of(name: str) -> ZoneInfo:
    """Return the zone, UTC where there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def cut(first: date, last: date, zone: ZoneInfo) -> Cut:
    """Cut the days from `first` to `last`: one day into hours, many days into weeks, else each for itself."""
    first = max(first, last - timedelta(days=MOST - 1))
    days = (last - first).days + 1
    end = _hour(last + timedelta(days=1), zone)
    if days == 1:
        starts = list(range(_hour(first, zone), end))
        return Cut(starts, end, [f"{datetime.fromtimestamp(hour * 3600, zone):%H:%M}" for hour in starts])
    if days > BY_WEEK:
        first -= timedelta(days=first.weekday())
    begun = [first + timedelta(days=at) for at in range(0, (last - first).days + 1, 7 if days > BY_WEEK else 1)]
    return Cut([_hour(day, zone) for day in begun], end, [day.isoformat() for day in begun])


def span(name: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a span."""
    return today - timedelta(days=SPANS.get(name, SPANS[USUAL]) - 1), today


def day_of(text: str) -> date | None:
    """Read a day as a form sends it; `None` where it is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def _hour(day: date, zone: ZoneInfo) -> int:
    """The first full hour of the day: where zones are half an hour apart, days begin that much later here."""
    return math.ceil(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() / 3600)
