"""Moves versions from stage to stage."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.visit import Visit
from bot.errors import RolloutError
from bot.store.rollout.versions import Change, move, roll_back
from bot.versions import Stage, Version


async def put_to_stage(visit: Visit) -> Response:
    """Put the version to the stage of the form; a canary gets its share in percent."""
    name = visit.request.path_params["version"]
    stage, share = _stage(await visit.field("stage")), _share(await visit.field("share"))
    change = Change(visit.user.name, await visit.field("note"))
    try:
        async with visit.change("model.staged", f"version {name}", to=stage, share=share) as connection:
            changed = await move(connection, name, stage, share, change)
    except RolloutError as error:
        return _refused(visit, error)
    return _told(visit, changed)


async def put_back(visit: Visit) -> Response:
    """Take the version back."""
    name = visit.request.path_params["version"]
    change = Change(visit.user.name, await visit.field("note"))
    try:
        async with visit.change("model.rolled_back", f"version {name}") as connection:
            changed = await roll_back(connection, name, change)
    except RolloutError as error:
        return _refused(visit, error)
    return _told(visit, changed)


def _stage(text: str) -> Stage:
    if text not in list(Stage):
        raise Refused(400, "models.no_stage")
    return Stage(text)


def _share(percent: str) -> float:
    """Return a share of what was typed in percent; 0 where nothing can be read, which no canary may have."""
    try:
        share = float(percent.removesuffix("%").strip() or 0) / 100
    except ValueError:
        return 0.0
    return share if 0 < share < 1 else 0.0


def _told(visit: Visit, changed: list[Version]) -> Response:
    for version in changed:
        visit.flash("models.moved", version=version.name, stage=visit.say(f"models.stage.{version.stage}"))
    if not changed:
        visit.flash("models.unchanged")
    return visit.go("/models")


def _refused(visit: Visit, error: RolloutError) -> Response:
    visit.flash("models.refused", good=False, why=str(error))
    return visit.go("/models")
