"""Opens the engine that the settings of a bot or a worker name. Needs no torch until it does so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nlg
from nlg import manifest
from nlg.converting import MODEL
from nlg.errors import CheckpointError

if TYPE_CHECKING:
    from nlg.converting.engine import ConvertedEngine
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


def converted_folder(model: str) -> Path:
    """As `model_folder`, of a model that `palaver convert` wrote."""
    folder = folder_of(model)
    files, _ = manifest.read(folder)
    if MODEL not in files:
        raise CheckpointError(f"{folder} is not converted. Run: palaver convert MODEL --out FOLDER, and name FOLDER.")
    return folder


def open_converted(folder: Path, threads: int) -> ConvertedEngine:
    """Load a converted model, which takes no more than a second or two. Raises `CheckpointError`."""
    from nlg.converting.engine import ConvertedEngine  # noqa: PLC0415 - as above, and an extra

    return ConvertedEngine(folder, threads)
