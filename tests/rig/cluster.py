"""A PostgreSQL server of one trial's own, which it may crash and start again."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.rig.children import Child, Children
from tests.rig.databases import Postgres, Row
from tests.rig.ports import free_port
from tests.rig.servers import Unavailable

USER = "postgres"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server with one database. `crash` is `pg_ctl stop -m immediate`: no checkpoint, recovery at the next start."""

    server: Child
    url: str

    async def rows(self, query: str) -> list[Row]:
        return await Postgres(self.url).rows(query)

    async def crash(self) -> None:
        self.server.signal(signal.SIGQUIT)
        await self.server.ended(START_SECONDS)

    async def start(self) -> float:
        """Start it and return the seconds until it answers. Raises `Died` and `TimeoutError`."""
        self.server.start()
        return await self.server.until(self.answers, START_SECONDS)

    async def answers(self) -> bool:
        try:
            return bool(await self.rows("SELECT 1 AS one"))
        except (OSError, asyncpg.PostgresError):
            return False


@asynccontextmanager
async def cluster(folder: Path, within: Path | None = None) -> AsyncIterator[Cluster]:
    """Make it and start it; its files lie `within` a folder. Raises `Unavailable` where programs are missing."""
    # In a folder of its own: PostgreSQL refuses to run as root, and its user may not enter ours.
    place = Path(tempfile.mkdtemp(prefix="palaver-cluster-", dir=within))
    try:
        data, port, user = place / "data", free_port(), _as_user(place)
        await _initdb([*user, _program("initdb"), "-D", str(data), "-A", "trust", "-U", USER, "-E", "UTF8"])
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with Children(place) as children:
            server = children.start("postgresql", [*user, _program("postgres"), "-D", str(data), *flags], _locale())
            made = Cluster(server, f"postgresql://{USER}@127.0.0.1:{port}/postgres")
            await server.until(made.answers, START_SECONDS)
            yield made
        shutil.copy(server.log, folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _as_user(place: Path) -> list[str]:
    """Give root's place to PostgreSQL's user, and return what runs a program as that user; nothing for others."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        raise Unavailable(f"there is no user {USER}, and PostgreSQL does not run as root") from None
    os.chown(place, user.pw_uid, user.pw_gid)
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    # Whoever changes users forgets the signal that ends it with us.
    return [_program("setpriv"), *ids, "--pdeathsig=KILL"]


async def _initdb(command: list[str]) -> None:
    pipe = asyncio.subprocess.PIPE
    started = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=_locale(), cwd="/")
    _, errors = await started.communicate()
    if started.returncode:
        raise Unavailable(f"initdb: {errors.decode(errors='replace').strip()}")


def _locale() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


def _program(name: str) -> str:
    """Find a program; Debian keeps PostgreSQL's own away from the path. Raises `Unavailable`."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if found is None:
        raise Unavailable(f"{name} is not installed")
    return found
