"""The charts of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.admin.charts import Chart, Series, columns, lines
from bot.admin.pages.dashboard.figures import Figures, row
from bot.admin.visit import Visit
from bot.admin.writing import as_count, as_percent, as_time

OTHERS = ("ignored", "shed", "undeliverable", "erased")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its title, and a sentence about what it counts."""

    id: str
    title: str
    about: str
    chart: Chart


def charts(visit: Visit, labels: Sequence[str], pieces: Sequence[Figures]) -> list[Drawn]:
    """Draw what changes from piece to piece of the span."""
    made = {
        "messages": columns(labels, _messages(visit, pieces), as_count),
        "shares": lines(labels, _shares(visit, pieces), as_percent, most=1),
        "times": lines(labels, _times(visit, pieces), as_time),
        "thumbs": columns(labels, _thumbs(visit, pieces), as_count),
    }
    return [
        Drawn(name, visit.say(f"dashboard.chart.{name}"), visit.say(f"dashboard.about.{name}"), chart)
        for name, chart in made.items()
    ]


def _messages(visit: Visit, pieces: Sequence[Figures]) -> list[Series]:
    def named(name: str) -> str:
        return visit.say(f"dashboard.{name}")

    return [
        Series(named("answered"), "one", row(pieces, lambda one: one["answered"] + one["unsure"])),
        Series(named("handed_over"), "two", row(pieces, lambda one: one["handed_over"])),
        Series(named("others"), "three", row(pieces, lambda one: sum(one[name] for name in OTHERS))),
        Series(named("open"), "four", row(pieces, lambda one: one["open"])),
    ]


def _shares(visit: Visit, pieces: Sequence[Figures]) -> list[Series]:
    return [
        Series(visit.say("dashboard.fallback"), "four", row(pieces, lambda one: one.fallback)),
        Series(visit.say("dashboard.handed_over"), "two", row(pieces, lambda one: one.handed_over)),
    ]


def _times(visit: Visit, pieces: Sequence[Figures]) -> list[Series]:
    return [
        Series(visit.say("dashboard.half"), "one", row(pieces, lambda one: one.time("answer", 0.5))),
        Series(visit.say("dashboard.most"), "two", row(pieces, lambda one: one.time("answer", 0.95))),
    ]


def _thumbs(visit: Visit, pieces: Sequence[Figures]) -> list[Series]:
    return [
        Series(visit.say("dashboard.up"), "one", row(pieces, lambda one: one.thumbs.up)),
        Series(visit.say("dashboard.down"), "four", row(pieces, lambda one: one.thumbs.down)),
    ]
