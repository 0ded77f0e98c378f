"""Finds families and losses: a file in a plural folder is a plugin, and its name is the name to use."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import cast

from nlg import losses, models
from nlg.errors import RecipeError
from nlg.interfaces import Family, Loss


def families() -> list[str]:
    """Names of all model families."""
    return _names(models)


def family(name: str) -> Family:
    """The model family of that name; raise `RecipeError` when there is none."""
    return cast("Family", _load(models, name).FAMILY)


def loss(name: str) -> Loss:
    """The loss of that name; raise `RecipeError` when there is none."""
    return cast("Loss", _load(losses, name).LOSS)


def _names(folder: ModuleType) -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__))


def _load(folder: ModuleType, name: str) -> ModuleType:
    known = _names(folder)
    if name not in known:
        raise RecipeError(f"{folder.__name__} has no {name!r}. It has: {', '.join(known)}.")
    return importlib.import_module(f"{folder.__name__}.{name}")
