"""Keeps a second process away from an SQLite file: embedded mode is one process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import URL

from bot.errors import AlreadyRunning


class LockFile:
    """Held while the process lives, also after `kill -9` of another: the kernel lets go of it."""

    def __init__(self, url: URL) -> None:
        self._path = Path(f"{url.database}.lock") if url.get_backend_name() == "sqlite" and url.database else None
        self._file: int | None = None

    def __enter__(self) -> None:
        """Raises `AlreadyRunning` when another process has the database open."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise AlreadyRunning(
                f"Another Palaver already uses {self._path.with_suffix('')}. Stop it, or use PostgreSQL "
                "(PALAVER_DATABASE_URL=postgresql://...), which several processes can share."
            ) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
