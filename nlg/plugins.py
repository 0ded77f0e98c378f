"""Finds model families, losses, fusions and choices by their names."""

from __future__ import annotations

from types import ModuleType
from typing import cast

from nlg import choices, folders, fusions, losses, models
from nlg.choices import Choice
from nlg.errors import RecipeError
from nlg.fusions import Fusion
from nlg.interfaces import Family
from nlg.losses import Loss


def families() -> list[str]:
    """Names of all model families."""
    return folders.names(models)


def family(name: str) -> Family:
    """The model family of that name; raise `RecipeError` when there is none."""
    return cast("Family", _load(models, name).FAMILY)


def loss(name: str) -> type[Loss]:
    """The loss of that name, to be built from its settings; raise `RecipeError` when there is none."""
    return cast("type[Loss]", _load(losses, name).LOSS)


def all_fusions() -> list[str]:
    """Names of all fusions."""
    return folders.names(fusions)


def fusion(name: str) -> type[Fusion]:
    """The fusion of that name, to be built from its settings; raise `RecipeError` when there is none."""
    return cast("type[Fusion]", _load(fusions, name).FUSION)


def choice(name: str) -> Choice:
    """The choice of that name; raise `RecipeError` when there is none."""
    return cast("Choice", _load(choices, name).CHOICE)


def _load(folder: ModuleType, name: str) -> ModuleType:
    known = folders.names(folder)
    if name not in known:
        raise RecipeError(f"{folder.__name__} has no {name!r}. It has: {', '.join(known)}.")
    return folders.plugin(folder, name)
