"""Notices that a model's folder holds another model, or that somebody asks, and renews the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

LOOK_SECONDS = 2.0

Seen = tuple[tuple[str, int, int, int], ...]


class Renewal:
    """Calls `renew` in a thread of its own: after `ask`, and when files of the folder are others than before.

    A folder that is still being copied is refused by its manifest and tried again at its next change. What `renew`
    raises is logged, and the model that was there stays. `renewed` hears how each attempt went.
    """

    def __init__(self, renew: Callable[[], str], folder: Path | None, renewed: Callable[[bool], None]) -> None:
        self._renew, self._folder, self._renewed = renew, folder, renewed
        self._seen = look(folder)
        self._asked = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Renew soon. May be called from a signal handler."""
        self._asked.set()

    def close(self) -> None:
        """Begin no more renewals; one that has begun is not waited for."""
        self._closing.set()
        self._asked.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            asked = self._asked.wait(LOOK_SECONDS)
            self._asked.clear()
            seen = look(self._folder)
            if not self._closing.is_set() and (asked or seen != self._seen):
                self._seen = seen
                self._try()

    def _try(self) -> None:
        log = structlog.get_logger(__name__)
        try:
            model = self._renew()
        except Exception as error:
            log.error("model.kept", error=type(error).__name__, why=str(error))
            self._renewed(False)
        else:
            log.info("model.renewed", model=model)
            self._renewed(True)


def look(folder: Path | None) -> Seen:
    """Return what tells one state of a folder from another, following links, without reading the files."""
    if folder is None:
        return ()
    try:
        entries = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:  # it is just being replaced
        return ()
    return tuple((name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in entries)
