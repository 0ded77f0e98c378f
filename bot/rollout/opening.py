"""Opens the models of this process: what the settings name goes into the table, and the table rules from then on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from bot.errors import ModelRefused
from bot.interfaces import Models, Responder
from bot.rollout.fleet import Fleet
from bot.rollout.models import FleetModels
from bot.rollout.quiet import Quiet
from bot.rollout.settings import RolloutSettings
from bot.rollout.shadowing import Shadowing
from bot.store.database import Database
from bot.store.rollout.shadows import Shadows
from bot.store.rollout.versions import Versions
from bot.versions import Version
from bot.writers import DEFAULT, WriterSettings, named_versions, open_writer
from bot.writers._describing import described
from nlg.contract import Writer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rollout:
    """The models of a process. `quiet` has to be told of replies that are being written for people."""

    fleet: Fleet
    models: Models
    quiet: Quiet


async def open_rollout(
    database: Database,
    make: Callable[[Writer], Responder],
    told: Callable[[str, str], None],
    held: AsyncExitStack,
) -> Rollout:
    """Open the versions that serve; `make` gives the responder that asks a shadow, `told` hears how that went.

    Raises `SettingsError`, `ModelRefused` and `StoreDown`.
    """
    settings, rollout = WriterSettings.load(), RolloutSettings.load()
    own = named_versions(settings)
    versions = Versions(database)
    await versions.register([await _described(version, settings) for version in own])
    fleet = Fleet(versions.all, _opener(settings, own), {version.name for version in own})
    held.push_async_callback(fleet.close)
    await fleet.start()
    quiet = Quiet()
    disturbed = Quiet() if settings.apart else quiet
    shadowing = Shadowing(fleet.shadows, make, Shadows(database).keep, disturbed, told, rollout.shadows)
    held.push_async_callback(shadowing.close)
    return Rollout(fleet, FleetModels(fleet, shadowing), quiet)


def _opener(settings: WriterSettings, own: Sequence[Version]) -> Callable[[Version], Awaitable[Writer]]:
    """What this process says of a version's place goes before the table: folders differ between machines."""
    places = {version.name: version for version in own}
    return lambda version: open_writer(settings.of(places.get(version.name, version)))


async def _described(version: Version, settings: WriterSettings) -> Version:
    """Where the settings lead to no checkpoint here, opening it will say so; with workers there may be none here."""
    shipped = version.name == DEFAULT and settings.name == "engine"
    if not version.folder and not shipped:
        return version
    try:
        return await described(version)
    except ModelRefused as error:
        log.info("version not described", version=version.name, error=str(error))
        return version
