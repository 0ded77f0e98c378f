"""Finds the plugins of a plural folder: a file (or folder) is one, its name is the name used in settings."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from bot.errors import SettingsError


def plugin_names(package: ModuleType) -> list[str]:
    """Return the names of the package's plugins, sorted, importing none of them."""
    return sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_"))


def load_plugin(package: ModuleType, name: str) -> ModuleType | None:
    """Import a plugin; `None` when a library that it needs is not installed.

    Raises `SettingsError` for a name that the folder does not hold.
    """
    if name not in plugin_names(package):
        known = ", ".join(plugin_names(package))
        raise SettingsError(f"There is no {name!r} in {package.__name__}. Known are: {known}.")
    try:
        return import_module(f"{package.__name__}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("bot", "connectors", "nlg"):
            raise
        return None
