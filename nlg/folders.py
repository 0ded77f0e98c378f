"""A file in a plural folder is a plugin, and its name is the name to use."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType


def names(folder: ModuleType) -> list[str]:
    """Names of all plugins in a folder."""
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__))


def plugin(folder: ModuleType, name: str) -> ModuleType:
    """The plugin of that name; raise `ModuleNotFoundError` when there is none."""
    return importlib.import_module(f"{folder.__name__}.{name}")


def plugins(folder: ModuleType) -> Mapping[str, ModuleType]:
    """All plugins by name."""
    return {name: plugin(folder, name) for name in names(folder)}
