"""A small disk of a trial's own, which it may fill."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.rig.servers import Unavailable

MEGABYTE = 1024 * 1024
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Volume:
    """A file system at `path`."""

    path: Path

    @property
    def free(self) -> int:
        """Return the bytes that are free."""
        return shutil.disk_usage(self.path).free

    def fill(self) -> None:
        """Take all room that is left. What others free meanwhile is taken by the next call."""
        with self._ballast.open("ab") as file:
            while (room := self.free // PAGE * PAGE) > 0:
                with suppress(OSError):  # somebody else took of it a moment ago
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room)

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"


@contextmanager
def volume(megabytes: int) -> Iterator[Volume]:
    """Mount one in memory and take it away afterwards. Raises `Unavailable` where we may not mount."""
    path = Path(tempfile.mkdtemp(prefix="palaver-volume-"))
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes * MEGABYTE},mode=0755", "palaver-volume", str(path))
        try:
            yield Volume(path)
        finally:
            _run("umount", "--lazy", str(path))
    finally:
        path.rmdir()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    if done.returncode:
        raise Unavailable(f"a disk of its own cannot be had: {done.stderr.strip()}")
