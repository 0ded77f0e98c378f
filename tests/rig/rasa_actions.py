"""The action server as its owner starts it, with the real rasa-sdk in it, and actions of the owner's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.rig.ports import free_port
from tests.rig.rasa import TOKEN, Lines, tracker

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
ASKED: Lines = (("user", "where is my order?"),)

OWN = """
from rasa_sdk import Action
from rasa_sdk.interfaces import ActionExecutionRejection


class Own(Action):
    def name(self):
        return "action_own"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="my own", name="Ann")
        dispatcher.utter_message(response="utter_more")
        return []


class Reject(Action):
    def name(self):
        return "action_reject"

    async def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("action_reject", "no model ready")


class Broken(Action):
    def name(self):
        return "action_broken"

    async def run(self, dispatcher, tracker, domain):
        raise RuntimeError("it said: " + tracker.latest_message["text"])
"""


@dataclass
class ActionServer:
    """A running `palaver actions`, and where the bot is that it asks."""

    port: int
    bot_port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Everything it has written to its log."""
        return self.log.read_text("utf-8", "replace")

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def call(action: str, *lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    """What Rasa posts for an action. `slots` may be given; a key that is `None` is left out."""
    slots = more.pop("slots", {})
    body = {
        "next_action": action,
        "sender_id": "ann",
        "tracker": tracker(*(lines or ASKED), **slots),
        "domain": {"actions": [action], "slots": {}, "responses": {}},
        "version": "3.21.0",
        **more,
    }
    return {name: value for name, value in body.items() if value is not None}


@contextmanager
def running(folder: Path, *flags: str, **settings: str) -> Iterator[ActionServer]:
    """Start it and stop it at the end. `settings` are PALAVER_ACTIONS_..."""
    (folder / "owners_actions.py").write_text(OWN, "utf-8")
    port, bot_port, log = free_port(), free_port(), folder / "actions.log"
    own = {"PORT": str(port), "BOT_URL": f"http://127.0.0.1:{bot_port}", "BOT_TOKEN": TOKEN, "MODULE": "owners_actions"}
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PALAVER_")},
        "PYTHONPATH": str(ROOT),
        **{f"PALAVER_ACTIONS_{name}": value for name, value in {**own, **settings}.items()},
    }
    command = [sys.executable, "-c", "from bot.cli import main; main()", "actions", *flags]
    with log.open("wb") as file, subprocess.Popen(command, cwd=folder, env=env, stdout=file, stderr=file) as process:
        try:
            server = ActionServer(port, bot_port, process, log)
            _wait(server, "--grpc" in flags)
            yield server
        finally:
            process.terminate()


def _wait(server: ActionServer, grpc: bool) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server, grpc):
        assert server.process.poll() is None, server.said
        assert time.monotonic() < deadline, server.said
        time.sleep(0.1)


def _answers(server: ActionServer, grpc: bool) -> bool:
    try:
        if grpc:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        else:
            httpx.get(f"{server.url}/health", timeout=1)
    except (OSError, httpx.HTTPError):
        return False
    return True
