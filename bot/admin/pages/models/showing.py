"""Shows the versions and their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.rollout.estimating import Estimate, estimate
from bot.rollout.judging import evidence
from bot.rollout.settings import RolloutSettings
from bot.rollout.watching import Watch
from bot.store.rollout.figures import live
from bot.store.rollout.versions import Stages, Versions
from bot.versions import MOST_SHARE, Stage, Version, production

ORDER = (Stage.PRODUCTION, Stage.CANARY, Stage.SHADOW, Stage.CANDIDATE, Stage.RETIRED)


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against a canary, by measure, and how much of it takes the canary back."""

    found: Sequence[tuple[str, float]]
    limit: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A version with how it does among people."""

    version: Version
    replies: int
    fallback: Estimate | None
    disliked: Estimate | None
    median: float | None
    most: float | None
    against: Against | None


async def models(visit: Visit) -> Response:
    versions = await Versions(visit.database).all()
    shown = [await _shown(visit, version, production(versions)) for version in _ordered(versions)]
    estimates = [one for each in shown for one in (each.fallback, each.disliked) if one]
    return visit.page(
        "models/models.html",
        shown=shown,
        compared=[one for one in shown if one.replies or one.version.stage.serves],
        top=min(1.0, max((one.high for one in estimates), default=1.0)) or 1.0,
        history=await Stages(visit.database).history(30),
        left=MOST_SHARE - sum(version.share for version in versions),
        settings=RolloutSettings.load(),
        Stage=Stage,
    )


def _ordered(versions: Sequence[Version]) -> list[Version]:
    return sorted(versions, key=lambda version: (ORDER.index(version.stage), -version.since))


async def _shown(visit: Visit, version: Version, before: Version | None) -> Shown:
    async with visit.database.read() as connection:
        found = await live(connection, version.name)
    against = await _against(visit, version, before) if version.stage is Stage.CANARY and before else None
    estimates = estimate(found.fallbacks), estimate(found.dislikes)
    return Shown(version, found.fallbacks.n, *estimates, found.median, found.most, against)


async def _against(visit: Visit, canary: Version, before: Version) -> Against:
    settings = RolloutSettings.load()
    trials = await Watch(visit.database, settings.error, lambda version, measure: None).trials(canary, before)  # noqa: ARG005
    limit = len(trials) / settings.error
    return Against([(measure, evidence(each)) for measure, each in trials.items()], limit)
