"""What the page is asked for: days, zone, channel and version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.admin.pages.dashboard.spans import SPANS, USUAL, Cut, cut, day_of, span, zone_of
from bot.admin.visit import Visit
from bot.store.tallying.reading import Span

ZONE_COOKIE = "palaver-zone"
CHOSEN = "dates"


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices as the form shows them, and what they mean."""

    name: str
    first: date
    last: date
    zone: str
    channel: str
    version: str
    cut: Cut

    @property
    def span(self) -> Span:
        return Span(self.cut.begin, self.cut.end, self.channel, self.version)


def asked(visit: Visit) -> Asked:
    """Read the address; whatever is wrong in it counts as not said."""
    said: Mapping[str, str] = visit.request.query_params
    zone = zone_of(visit.user.zone or visit.request.cookies.get(ZONE_COOKIE, ""))
    today = datetime.now(zone).date()
    name = said.get("span", "")
    first, last = day_of(said.get("from", "")), day_of(said.get("to", ""))
    if name == CHOSEN and first and last:
        first, last = sorted((first, last))
    else:
        name = name if name in SPANS else USUAL
        first, last = span(name, today)
    choices = said.get("channel", "")[:100], said.get("version", "")[:64]
    return Asked(name, first, last, zone.key, *choices, cut(first, last, zone))
