"""Opens the engine that the settings of a bot or a worker name. Needs no torch until it does so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nlg
from nlg import manifest

if TYPE_CHECKING:
    from nlg.engine import Engine


def folder_of(model: str) -> Path:
    """Return the folder of a checkpoint, the shipped one where none is named."""
    return Path(model) if model else Path(nlg.__file__).with_name("default")


def model_folder(model: str) -> Path:
    """Return the folder of a checkpoint once all its files are as they were made. Raises `CheckpointError`."""
    folder = folder_of(model)
    manifest.read(folder)
    return folder


def open_engine(folder: Path, slots: int, threads: int, compiled: bool = False) -> Engine:
    """Load a checkpoint and start its engine. Takes some seconds, most of them for torch. Raises `CheckpointError`."""
    from nlg.engine import Engine  # noqa: PLC0415 - torch takes seconds, and a bot with workers has none

    return Engine(folder, slots, threads, compiled=compiled)
