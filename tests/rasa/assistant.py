"""Starts the whole house: PostgreSQL databases, Redis, `palaver run`, `palaver actions`, and Rasa with the example."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.rig.children import Child, Children
from tests.rig.databases import Books, postgresql
from tests.rig.palaver import environment, start_bot
from tests.rig.ports import free_port
from tests.rig.servers import Unavailable

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "rasa"
TRAIN_SECONDS = 420.0
START_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Assistant:
    """Where it is, its books, and its processes."""

    url: str
    books: Books
    processes: dict[str, Child]


@asynccontextmanager
async def run_all(folder: Path, rasa: Path, sdk: Path, writer: str) -> AsyncIterator[Assistant]:
    """Run everything until the block ends. Raises `Unavailable` where PostgreSQL or Redis is missing."""
    _need_redis()
    example = folder / "example"
    shutil.copytree(EXAMPLE, example)
    with Children(folder) as children:
        async with postgresql(folder) as ours, postgresql(folder) as theirs:
            await _train(children, rasa, example)
            token = secrets.token_hex(16)
            bot = start_bot(children, "palaver-run", _bot_settings(ours, token, writer), ["rasa"])
            await bot.ready()
            actions, actions_url = _start_actions(children, sdk, bot.url, token)
            surroundings = _surroundings(theirs, bot.url, actions_url, token)
            server, url = _start_rasa(children, rasa, example, surroundings)
            await actions.until(_answers(f"{actions_url}/health"), START_SECONDS)
            await server.until(_answers(url), START_SECONDS)
            yield Assistant(url, ours, {"palaver-run": bot.child, "palaver-actions": actions, "rasa": server})


def _need_redis() -> None:
    address = urlsplit(os.environ.get("PALAVER_TEST_REDIS", "redis://127.0.0.1:6379/0"))
    try:
        socket.create_connection((address.hostname or "", address.port or 6379), 2).close()
    except OSError as error:
        raise Unavailable(f"no Redis at PALAVER_TEST_REDIS: {error}") from None


async def _train(children: Children, rasa: Path, example: Path) -> None:
    command = ["/bin/sh", "-c", f'cd "{example}" && exec "{rasa}" train --fixed-model-name example']
    training = children.start("rasa-train", command, environment({}))
    if await training.ended(TRAIN_SECONDS) != 0:
        raise Unavailable(f"the example could not be trained:\n{training.tail()}")


def _bot_settings(books: Books, token: str, writer: str) -> dict[str, str]:
    return {
        "PALAVER_DATABASE_URL": books.url,
        "PALAVER_RASA_TOKEN": token,
        "PALAVER_RASA_DOMAIN": str(EXAMPLE / "domain.yml"),
        "PALAVER_RASA_SECONDS": "20",
        "PALAVER_WRITER": writer,
    }


def _start_actions(children: Children, sdk: Path, bot_url: str, token: str) -> tuple[Child, str]:
    port = free_port()
    settings = {
        "PYTHONPATH": str(ROOT),
        "PALAVER_ACTIONS_PORT": str(port),
        "PALAVER_ACTIONS_BOT_URL": bot_url,
        "PALAVER_ACTIONS_BOT_TOKEN": token,
    }
    command = [str(sdk), "-c", "from bot.cli import main; main()", "actions"]
    return children.start("palaver-actions", command, environment(settings)), f"http://127.0.0.1:{port}"


def _surroundings(store: Books, bot_url: str, actions_url: str, token: str) -> dict[str, str]:
    """What the compose profile sets for Rasa, too."""
    database = urlsplit(store.url)
    redis = urlsplit(os.environ.get("PALAVER_TEST_REDIS", "redis://127.0.0.1:6379/0"))
    return {
        "PALAVER_URL": bot_url,
        "ACTIONS_URL": actions_url,
        "PALAVER_RASA_TOKEN": token,
        "DB_HOST": database.hostname or "127.0.0.1",
        "DB_PORT": str(database.port or 5432),
        "DB_NAME": database.path.lstrip("/"),
        "DB_LOGIN": "postgres",
        "DB_USER": database.username or "postgres",
        "DB_PASSWORD": database.password or "none",
        "REDIS_HOST": redis.hostname or "127.0.0.1",
        "REDIS_PORT": str(redis.port or 6379),
        "SQLALCHEMY_WARN_20": "0",
    }


def _start_rasa(children: Children, rasa: Path, example: Path, surroundings: dict[str, str]) -> tuple[Child, str]:
    port = free_port()
    flags = f"-m models/example.tar.gz --endpoints endpoints.yml --credentials credentials.yml -i 127.0.0.1 -p {port}"
    command = ["/bin/sh", "-c", f'cd "{example}" && exec "{rasa}" run {flags}']
    return children.start("rasa", command, environment(surroundings)), f"http://127.0.0.1:{port}"


def _answers(url: str):  # type: ignore[no-untyped-def]  # a condition to wait for
    async def asked() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
                return (await http.get(url)).status_code == 200
        except httpx.HTTPError:
            return False

    return asked
