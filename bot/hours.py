"""Opening hours, as people write them: `mon-fri 9:00-17:00, sat 10:00-14:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(
    rf"\s*(?P<first>{'|'.join(DAYS)})(?:-(?P<last>{'|'.join(DAYS)}))?\s+"
    r"(?P<begin>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2})\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of a week, each a day (0 is Monday) with its beginning and its end. Without any it is always open."""

    spans: tuple[tuple[int, time, time], ...]
    zone: tzinfo

    def open_at(self, moment: datetime) -> bool:
        here = moment.astimezone(self.zone)
        now = here.time().replace(tzinfo=None)
        return not self.spans or any(day == here.weekday() and begin <= now < end for day, begin, end in self.spans)


def read_hours(text: str, zone: str) -> Hours:
    """Return the hours. Raises `ValueError` that says how to write them."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{zone!r} is no time zone. Write one such as Europe/London or Asia/Shanghai") from None
    spans = [span for part in text.split(",") if part.strip() for span in _read(part)]
    return Hours(tuple(spans), where)


def _read(part: str) -> list[tuple[int, time, time]]:
    found = SPAN.fullmatch(part)
    if found is None:
        raise ValueError(f"{part.strip()!r} cannot be read. Write for example: mon-fri 9:00-17:00, sat 10:00-14:00")
    first = DAYS.index(found["first"].lower())
    last = DAYS.index((found["last"] or found["first"]).lower())
    begin, end = _time(found["begin"]), _time(found["end"])
    if end <= begin:
        raise ValueError(f"{part.strip()!r} ends before it begins. Write two spans for hours over midnight")
    days = range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    return [(day, begin, end) for day in days]


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    if (int(hour), int(minute)) == (24, 0):
        return time.max
    return time(int(hour), int(minute))
