"""Shows and sets how long things are kept. Before anything would be removed, it says how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.store.retention import Period, Retention, set_period

MOST = 36_500
"""Days."""


class Wrong(Exception):
    """What was given for a kind is no period that may be chosen."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


async def settings(visit: Visit) -> Response:
    periods = await Retention(visit.database).periods()
    return _page(visit, periods, {period.kind: str(period.days or "") for period in periods})


async def save_periods(visit: Visit) -> Response:
    """Store the periods; where they are shorter than before, first show what that removes and ask."""
    retention = Retention(visit.database)
    periods = await retention.periods()
    given = {period.kind: await visit.field(period.kind, 9) for period in periods}
    try:
        chosen = {period.kind: _read(period, given[period.kind]) for period in periods}
    except Wrong as wrong:
        return _page(visit, periods, given, wrong.kind)
    changed = {period.kind: chosen[period.kind] for period in periods if chosen[period.kind] != period.days}
    due = {kind: count for kind, count in (await retention.due(changed)).items() if count}
    if due and await visit.field("agreed") != _agreement(due):
        return visit.page("settings/confirm.html", due=due, given=given, agreement=_agreement(due))
    async with visit.change(
        "retention.changed", **{kind: days or "for good" for kind, days in changed.items()}
    ) as open_:
        for kind, days in changed.items():
            await set_period(open_, kind, days)
    visit.flash("settings.saved_with_removal" if due else "saved")
    return visit.go("/settings")


def _page(visit: Visit, periods: Sequence[Period], given: Mapping[str, str], wrong: str = "") -> Response:
    return visit.page("settings/settings.html", 400 if wrong else 200, periods=periods, given=given, wrong=wrong)


def _read(period: Period, text: str) -> int | None:
    """Return days, `None` for good. Raises `Wrong`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not period.least <= int(text) <= MOST:
        raise Wrong(period.kind)
    return int(text)


def _agreement(due: Mapping[str, int]) -> str:
    """What the user agrees to: the kinds that lose something. How many of each may grow while they read."""
    return " ".join(sorted(due))
