"""Takes a canary back by itself once it is clear that people are worse off with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import structlog

from bot.rollout.judging import Judgement, Trial, judge
from bot.store.database import Database
from bot.store.rollout.evidence import Evidence, Mishap, Period, counted
from bot.store.rollout.versions import AUTOMATIC, Change, Versions, withdraw
from bot.store.staff.audit import note
from bot.versions import Stage, Version, production

log = structlog.get_logger()

LOOK = 15.0
"""Seconds between looks."""


class Watch:
    """Looks at each canary beside production. Several processes may: one of them takes the canary back."""

    def __init__(self, database: Database, error: float, told: Callable[[str, str], None]) -> None:
        """`error` bounds how often a canary that is as good as production is taken back; `told` hears of each."""
        self._database = database
        self._versions = Versions(database)
        self._evidence = Evidence(database)
        self._error = error
        self._told = told

    async def look(self) -> None:
        """Judge every canary now. Raises `StoreDown`."""
        versions = await self._versions.all()
        before = production(versions)
        for canary in versions:
            if canary.stage is Stage.CANARY and before is not None:
                await self._judge(canary, before)

    async def trials(self, canary: Version, before: Version) -> dict[str, Sequence[Trial]]:
        """Return what there is to judge by, by measure. Raises `StoreDown`."""
        periods = await self._evidence.periods(canary.name)
        if not periods:
            return {}
        mishaps = await self._evidence.mishaps(canary.name, before.name, periods[0].begin)
        return {measure: _trials(periods, each, canary.name) for measure, each in mishaps.items()}

    async def _judge(self, canary: Version, before: Version) -> None:
        found = judge(await self.trials(canary, before), self._error)
        if found is None:
            return
        async with self._database.begin() as connection:
            ours = await withdraw(connection, canary.name, Change(AUTOMATIC, detail=asdict(found)))
            if ours:
                await note(connection, None, "model.taken_back", f"version {canary.name}", asdict(found))
        if ours:
            self._told(canary.name, found.measure)
            log.error("canary taken back", version=canary.name, **_for_log(found))


def _trials(periods: Sequence[Period], mishaps: Sequence[Mishap], canary: str) -> list[Trial]:
    return [Trial(*each) for each in counted(periods, mishaps, canary)]


def _for_log(found: Judgement) -> dict[str, object]:
    return {"measure": found.measure, "evidence": round(found.evidence), "canary": found.canary}
