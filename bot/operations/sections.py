"""Finds every `Section` of bot and connectors, so that no list of settings has to be kept by hand."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from bot.settings import Section

ROOMS = ("bot.", "connectors.")
APART = frozenset({"cli", "testing", "standin", "checks"})
"""Packages and modules without settings of the bot, some of them slow to import."""


def sections() -> list[type[Section]]:
    """Return the settings classes of all parts whose libraries are installed, by their environment prefix."""
    for room in ROOMS:
        _import_all(import_module(room.rstrip(".")))
    ours = [section for section in Section.__subclasses__() if section.__module__.startswith(ROOMS)]
    return sorted(ours, key=lambda section: (_prefix(section), section.__name__))


def variables() -> frozenset[str]:
    """Return the names of all environment variables that a section reads."""
    return frozenset(f"{_prefix(section)}{field}".upper() for section in sections() for field in section.model_fields)


def _prefix(section: type[Section]) -> str:
    return str(section.model_config.get("env_prefix", ""))


def _import_all(package: ModuleType) -> None:
    for found in iter_modules(package.__path__, f"{package.__name__}."):
        if found.name.rpartition(".")[2] in APART:
            continue
        with suppress(ModuleNotFoundError):  # a library that this installation does without
            module = import_module(found.name)
            if found.ispkg:
                _import_all(module)
