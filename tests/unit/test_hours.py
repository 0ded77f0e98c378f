from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.hours import read_hours


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        ("", datetime(2026, 11, 22, 3, 0, tzinfo=UTC), True),
        ("mon-fri 9:00-17:00", datetime(2026, 11, 26, 9, 0, tzinfo=UTC), True),
        ("mon-fri 9:00-17:00", datetime(2026, 11, 26, 17, 0, tzinfo=UTC), False),
        ("mon-fri 9:00-17:00", datetime(2026, 11, 28, 12, 0, tzinfo=UTC), False),
        ("mon-fri 9:00-17:00, Sat 10:00-14:00", datetime(2026, 11, 28, 12, 0, tzinfo=UTC), True),
        ("fri-mon 0:00-24:00", datetime(2026, 11, 29, 23, 59, tzinfo=UTC), True),
        ("fri-mon 0:00-24:00", datetime(2026, 11, 26, 12, 0, tzinfo=UTC), False),
    ],
)
def test_hours_are_read_as_people_write_them(hours: str, moment: datetime, is_open: bool) -> None:
    assert read_hours(hours, "UTC").open_at(moment) is is_open


def test_the_clock_is_that_of_the_place() -> None:
    hours = read_hours("thu 9:00-17:00", "Asia/Shanghai")
    assert hours.open_at(datetime(2026, 11, 26, 1, 30, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 11, 26, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "zone", "why"),
    [
        ("always", "UTC", "mon-fri 9:00-17:00"),
        ("mon 17:00-9:00", "UTC", "ends before it begins"),
        ("mon 9:00-10:00", "Mars/North", "Europe/London"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_example(hours: str, zone: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_hours(hours, zone)
