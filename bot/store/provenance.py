"""Where people's words went: data sets that were exported with them, and models that were trained on those."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.datasets import name_of
from bot.store.tables.reviews import DatasetRow, DatasetSourceRow
from bot.store.tables.rollout import VersionRow

LEARNT = "datasets.json"
"""In a checkpoint's folder: a list of the versions of data sets that it was trained on, written by `palaver train`."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Names: versions of data sets (`sources`), versions of models that learnt from them, and models of which nobody
    can say it here, as their folders are on other machines."""

    sources: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


async def trained_on(connection: AsyncConnection, conversations: Sequence[int]) -> Provenance:
    """Return what was made of these conversations; where nothing was exported, nothing was trained on it."""
    data, source, version = DatasetRow, DatasetSourceRow, VersionRow
    exported = select(source.dataset_id).where(source.conversation_id.in_(conversations))
    named = select(data.kind, data.number, data.digest).where(data.id.in_(exported)).order_by(data.id)
    sources = [name_of(*row) for row in await connection.execute(named)]
    if not sources:
        return Provenance()
    versions = (await connection.execute(select(version.name, version.folder).order_by(version.created_at))).all()
    learnt = {name: _learnt(Path(folder)) if folder else None for name, folder in versions}
    models = [name for name, found in learnt.items() if found and found.intersection(sources)]
    return Provenance(tuple(sources), tuple(models), tuple(name for name, found in learnt.items() if found is None))


def _learnt(folder: Path) -> frozenset[str] | None:
    """Return the data sets that a checkpoint was trained on; `None` where the folder is not here."""
    if not folder.is_dir():
        return None
    try:
        return frozenset(map(str, json.loads((folder / LEARNT).read_text("utf-8"))))
    except (OSError, ValueError, TypeError):
        return frozenset()
