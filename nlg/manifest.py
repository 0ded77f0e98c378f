"""A list of a folder's files with their SHA-256, so that a checkpoint is what it was when it was made.

Files are read once: the bytes that were checked are the bytes that are used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from nlg.errors import CheckpointError

MANIFEST = "manifest.json"
PICKLES = frozenset({".bin", ".ckpt", ".joblib", ".npy", ".pickle", ".pkl", ".pt", ".pth"})


def render(files: Mapping[str, bytes]) -> bytes:
    """The manifest of these files."""
    entries = {name: {"bytes": len(data), "sha256": digest(data)} for name, data in sorted(files.items())}
    return (json.dumps({"format": 1, "files": entries}, indent=2) + "\n").encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(folder: Path) -> tuple[dict[str, bytes], str]:
    """Return the checked files of `folder` and its version, the first 8 digits of the manifest's own SHA-256.

    Raises `CheckpointError` when a file is missing, was changed or cut, is kept elsewhere, or could run code.
    """
    _refuse_pickles(folder)
    text = _bytes(folder, MANIFEST)
    try:
        entries = {str(name): dict(entry) for name, entry in json.loads(text)["files"].items()}
        files = {name: _checked(folder, name, int(e["bytes"]), str(e["sha256"])) for name, e in entries.items()}
    except _NOT_A_MANIFEST as error:
        raise CheckpointError(f"{folder / MANIFEST} is not a manifest: {error!r}. {_ADVICE}") from error
    return files, digest(text)[:8]


# JSON may also nest deeper than Python reads, or hold a number that is infinite.
_NOT_A_MANIFEST = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_ADVICE = "Copy the checkpoint again from where it was made, or train it anew."


def _refuse_pickles(folder: Path) -> None:
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is not a folder with a checkpoint.")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICKLES:
            raise CheckpointError(f"{path} could run code when opened. Only safetensors are read: take it away.")


def _checked(folder: Path, name: str, size: int, sha256: str) -> bytes:
    data = _bytes(folder, name)
    if len(data) != size:
        raise CheckpointError(f"{folder / name} has {len(data)} bytes and should have {size}. {_ADVICE}")
    if digest(data) != sha256:
        raise CheckpointError(f"{folder / name} was changed since it was made. {_ADVICE}")
    return data


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CheckpointError(f"{path} leads out of the checkpoint. A checkpoint holds all its files itself.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}. {_ADVICE}") from error
