"""Geometry of charts that are drawn on the server: columns on one another, and lines.

A picture is 1000 units wide and 100 high and is stretched to its place; words stand outside it as text of the page, so
that they stay readable on a phone. Every picture has its numbers beside it for a table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000.0, 100.0
GAP = 0.22
"""The share of a column's place that stays free beside it."""
TICKS = 5
"""Labels below a picture, at most."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, `None` where there is none. `tone` is a class that gives it its colour."""

    name: str
    tone: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a column."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line, in pieces where numbers are missing: each as the `points` of a polyline."""

    tone: str
    pieces: Sequence[str]


@dataclass(frozen=True, slots=True)
class Place:
    """The strip above one label, and what one reads when pointing at it."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and its words. `scale` are the labels at its side from top to bottom, `axis` those below it."""

    labels: Sequence[str]
    series: Sequence[Series]
    show: Callable[[float], str]
    scale: Sequence[str]
    axis: Sequence[str]
    places: Sequence[Place]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()

    @property
    def empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)

    def cell(self, series: Series, place: int) -> str:
        """Return a number as the table shows it."""
        value = series.values[place]
        return "–" if value is None else self.show(value)


def columns(labels: Sequence[str], series: Sequence[Series], show: Callable[[float], str]) -> Chart:
    """Draw the series as columns on one another."""
    sums = [sum(one.values[place] or 0 for one in series) for place in range(len(labels))]
    top = ceiling(max(sums, default=0))
    return _chart(labels, series, show, top, bars=list(_bars(series, len(labels), top)))


def lines(labels: Sequence[str], series: Sequence[Series], show: Callable[[float], str], most: float = 0) -> Chart:
    """Draw each series as a line. `most` is the largest number that there can be, 0 where there is none."""
    top = ceiling(max((value or 0 for one in series for value in one.values), default=0))
    top = min(top, most) if most else top
    step = WIDTH / max(1, len(labels))
    drawn = [Line(one.tone, [_points(piece, step, top) for piece in _pieces(one.values)]) for one in series]
    return _chart(labels, series, show, top, lines=drawn)


def ceiling(value: float) -> float:
    """Return the next round number: 1, 2 or 5 with noughts. Half of it is shown too, so that counts stay whole."""
    if value < sys.float_info.min:  # nothing, or so little that there is no ten below it
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def _chart(
    labels: Sequence[str],
    series: Sequence[Series],
    show: Callable[[float], str],
    top: float,
    bars: Sequence[Bar] = (),
    lines: Sequence[Line] = (),
) -> Chart:
    step = WIDTH / max(1, len(labels))
    places = [Place(step * at, step, _told(label, series, at, show)) for at, label in enumerate(labels)]
    return Chart(labels, series, show, [show(top), show(top / 2), show(0)], _axis(labels), places, bars, lines)


def _told(label: str, series: Sequence[Series], at: int, show: Callable[[float], str]) -> str:
    values = ((one.name, one.values[at]) for one in series)
    return "\n".join([label, *(f"{name}: {show(value)}" for name, value in values if value is not None)])


def _axis(labels: Sequence[str]) -> list[str]:
    """Choose labels that stand at even distances, the first and the last among them; of a date, month and day."""
    short = [label[-5:] for label in labels]
    if len(short) <= TICKS:
        return short
    return [short[round(tick * (len(short) - 1) / (TICKS - 1))] for tick in range(TICKS)]


def _bars(series: Sequence[Series], places: int, top: float) -> Iterator[Bar]:
    step = WIDTH / max(1, places)
    for place in range(places):
        floor = HEIGHT
        for one in series:
            height = HEIGHT * (one.values[place] or 0) / top
            floor -= height
            if height:
                yield Bar(one.tone, step * (place + GAP / 2), floor, step * (1 - GAP), height)


def _pieces(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    piece: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if value is not None:
            piece.append((place, value))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _points(piece: Sequence[tuple[int, float]], step: float, top: float) -> str:
    points = [(step * (place + 0.5), HEIGHT * (1 - min(value, top) / top)) for place, value in piece]
    if len(points) == 1:  # a line needs two ends: a short one shows that there is something
        (x, y), half = points[0], step * (1 - GAP) / 2
        points = [(x - half, y), (x + half, y)]
    return " ".join(f"{x:.1f},{y:.2f}" for x, y in points)
