"""Writes files so that a full disk, or an end in the middle, costs nothing that was there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlg.errors import TrainingError


def put(path: Path, data: bytes) -> None:
    """Write a file at once: what was there stays until this is on the disk. Raises `TrainingError`."""
    fresh = path.with_name(f"{path.name}.new")
    with kept_whole(path.parent):
        try:
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


@contextmanager
def kept_whole(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while writing into `folder` into a `TrainingError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"cannot write into {folder}: {error.strerror or error}. What was saved there before is whole. Make room "
            "on that disk, or move the folder to a bigger one, and go on with --resume."
        ) from error
