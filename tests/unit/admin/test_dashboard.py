"""The dashboard: days of the reader's zone, books that are checked, charts with their numbers beside them."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from bot.admin.charts import HEIGHT, WIDTH, Series, ceiling, columns, lines
from bot.admin.pages.dashboard import showing
from bot.admin.pages.dashboard.spans import MOST, cut, day_of, span, zone_of
from bot.admin.writing import as_count, as_percent, as_time
from bot.staff import Role
from bot.store.tables.tally import HourRow
from bot.store.tallying.counting import COUNTS
from bot.store.tallying.reading import DAY
from bot.store.tallying.tallies import sum_days
from bot.store.worries import Worries
from tests.rig.admin import Office

BERLIN, DAYS = zone_of("Europe/Berlin"), st.dates(date(2020, 1, 1), date(2035, 1, 1))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Kolkata", "Pacific/Apia"])


@given(DAYS, st.integers(0, 400), ZONES)
def test_every_hour_of_the_days_lies_in_one_piece(last: date, days: int, zone: str) -> None:
    pieces = cut(last - timedelta(days=days), last, zone_of(zone))
    assert all(one < other for one, other in itertools.pairwise([*pieces.starts, pieces.end]))
    assert len(pieces.labels) == len(pieces.starts) <= 121
    assert [pieces.piece(hour) for hour in pieces.starts] == list(range(len(pieces.starts)))
    assert pieces.piece(pieces.end - 1) == len(pieces.starts) - 1


def test_a_day_begins_where_the_reader_has_midnight_also_when_clocks_change() -> None:
    pieces = cut(date(2026, 3, 28), date(2026, 3, 30), BERLIN)
    begun = [datetime.fromtimestamp(hour * 3600, UTC).hour for hour in [*pieces.starts, pieces.end]]
    assert begun == [23, 23, 22, 22]
    assert len(cut(date(2026, 3, 29), date(2026, 3, 29), BERLIN).starts) == 23
    assert len(cut(date(2026, 10, 25), date(2026, 10, 25), BERLIN).starts) == 25


def test_many_days_are_cut_into_weeks_that_begin_on_monday() -> None:
    pieces = cut(*span("year", date(2026, 11, 26)), BERLIN)
    assert {date.fromisoformat(label).weekday() for label in pieces.labels} == {0}


def test_nobody_can_ask_for_more_days_than_there_are() -> None:
    assert len(cut(date(2000, 1, 1), date(2200, 1, 1), BERLIN).starts) <= MOST / 7 + 2
    assert [day_of(text) for text in ("2026-02-30", "x", "", "1999-01-01")] == [None] * 4
    assert [zone_of(name).key for name in ("", "../../etc/passwd", "No/Where", "\0")] == ["UTC"] * 4


@pytest.mark.parametrize(
    ("value", "next_"), [(0, 1), (5e-324, 1), (0.3, 0.5), (1, 1), (7, 10), (11, 20), (499, 500), (501, 1000)]
)
def test_scales_end_at_round_numbers(value: float, next_: float) -> None:
    assert ceiling(value) == pytest.approx(next_)


NUMBERS = st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=1, max_size=40)


@given(NUMBERS)
def test_pictures_stay_in_their_frame(values: list[float | None]) -> None:
    labels = [str(place) for place in range(len(values))]
    both = [Series("a", "one", values), Series("b", "two", values[::-1])]
    stacked, drawn = columns(labels, both, as_count), lines(labels, both, as_count)
    for bar in stacked.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert -1e-6 <= bar.y <= bar.y + bar.height <= HEIGHT + 1e-6
    for piece in (piece for line in drawn.lines for piece in line.pieces):
        for x, y in (map(float, point.split(",")) for point in piece.split(" ")):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert len(stacked.places) == len(labels)


def test_a_line_breaks_where_there_is_no_number() -> None:
    [line] = lines(list("abcd"), [Series("a", "one", [1, 2, None, 1])], as_count).lines
    assert [len(piece.split(" ")) for piece in line.pieces] == [2, 2]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (as_count(12345), "12,345"), (as_count(2.5), "2.5"), (as_count(None), "–"),
        (as_percent(0.043), "4.3%"), (as_percent(0.43), "43%"), (as_percent(0), "0%"), (as_percent(None), "–"),
        (as_time(850), "850 ms"), (as_time(1234), "1.2 s"), (as_time(45_000), "45 s"), (as_time(720_000), "12 min"),
        (as_time(999.7), "1.0 s"), (as_time(None), "–"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_read_them(written: str, text: str) -> None:
    assert written == text


async def put(office: Office, hours_ago: int = 1, channel: str = "web", version: str = "one", **counts: int) -> None:
    hour = int(datetime.now(UTC).timestamp() // 3600) - hours_ago
    row = {"hour": hour, "channel": channel, "version": version, **dict.fromkeys(COUNTS, 0), **counts}
    async with office.database.begin() as connection:
        await connection.execute(insert(HourRow).values(**row, times='{"answer": [80, 3, 90, 1], "total": [70, 4]}'))
        await sum_days(connection, hour // DAY, hour // DAY)


async def test_what_was_counted_is_shown_as_a_whole_and_in_parts(office: Office) -> None:
    await put(office, accepted=1200, ended=1190, open=10, answered=1190, written=900, fallback=100)
    await put(office, 2, "slack", "two", accepted=34, ended=34, handed_over=34)
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/dashboard", span="week")).text
        assert all(number in page for number in ("1,234", "1,224", "They balance", "97%", "slack", "two"))
        assert page.count('<svg viewBox="0 0 1000 100"') == 3  # no thumbs were given: nothing to draw
        only = (await visitor.get("/dashboard", span="week", channel="slack")).text
        assert "1,200" not in only
        assert "34" in only


async def test_books_that_do_not_balance_are_seen(office: Office) -> None:
    await put(office, accepted=10, ended=7, open=1)
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/dashboard")).text
    assert "Off by 2" in page
    assert "≠" in page


async def test_behind_every_picture_stands_a_table_with_a_row_for_each_day(office: Office) -> None:
    await put(office, accepted=10, ended=10, answered=10)
    async with office.visitor(Role.VIEWER) as visitor:
        page = (await visitor.get("/dashboard", span="week")).text
    for figure in re.findall(r"<figure.*?</figure>", page, re.DOTALL):
        assert len(re.findall(r'<th scope="row">', figure)) == 7
        assert "<summary>" in figure


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_an_empty_database_has_a_page_too(office: Office, language: str) -> None:
    async with office.visitor(Role.VIEWER) as visitor:
        visitor.http.headers["Accept-Language"] = language
        for asked in ({}, {"span": "day"}, {"span": "dates", "from": "2026-01-01", "to": "2025-12-01"}, {"span": "x"}):
            assert (await visitor.get("/dashboard", **asked)).status_code == 200


async def test_what_is_amiss_though_the_bot_goes_on_is_told_in_the_readers_language(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office.visitor(Role.VIEWER) as visitor:
        assert "seconds off" not in (await visitor.get("/dashboard")).text
        monkeypatch.setattr(showing, "read_worries", _worried)
        page = (await visitor.get("/dashboard")).text
    assert "3 alerts have not reached the team" in page
    assert "2 messages were turned away" in page
    assert "400 seconds off" in page


async def _worried(connection: object, now: float) -> Worries:
    return Worries(3, 2, 400.0)
