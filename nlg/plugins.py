"""Finds model families and losses by their names."""

from __future__ import annotations

from types import ModuleType
from typing import cast

from nlg import folders, losses, models
from nlg.errors import RecipeError
from nlg.interfaces import Family, Loss


def families() -> list[str]:
    """Names of all model families."""
    return folders.names(models)


def family(name: str) -> Family:
    """The model family of that name; raise `RecipeError` when there is none."""
    return cast("Family", _load(models, name).FAMILY)


def loss(name: str) -> Loss:
    """The loss of that name; raise `RecipeError` when there is none."""
    return cast("Loss", _load(losses, name).LOSS)


def _load(folder: ModuleType, name: str) -> ModuleType:
    known = folders.names(folder)
    if name not in known:
        raise RecipeError(f"{folder.__name__} has no {name!r}. It has: {', '.join(known)}.")
    return folders.plugin(folder, name)
