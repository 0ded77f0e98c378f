"""Talk to the bot in a terminal, or send it the lines of a file or pipe."""

from __future__ import annotations

import asyncio
import codecs
import getpass
import os
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TextIO
from uuid import uuid4

import structlog
from rich.console import Console as Screen
from rich.live import Live
from rich.text import Text

from bot.errors import Refused, StoreDown
from bot.interfaces import Connector, Inbox
from bot.messages import Address, Kind, Message, Part, Receipt, Sign, TextLimit

log = structlog.get_logger()

COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,63})(?:\s+(.*))?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What could move the cursor or colour the terminal; line breaks and tabs stay."""
PROMPTS = {"en": ("you> ", "bot> "), "zh": ("您> ", "机器人> ")}
HINTS = {
    "en": "Write your question. /help shows what else I can do; /quit or Ctrl-D leaves.",
    "zh": "请写下您的问题。/help 查看更多功能；/quit 或 Ctrl-D 退出。",
}
LEAVE = "/quit"
LONGEST_SILENCE = 120.0
"""Seconds after which a line from a pipe is taken for one that gets no answer, so that the next has its turn."""
RETRY = 1.0


def connector(asked: bool) -> Connector | None:
    """Return the console only for who asks for it by name: it takes the terminal over."""
    return Console() if asked else None


class Console:
    """Reads the file descriptor `source` and prints to `target`. Streams replies where that is a terminal."""

    name = "console"
    limit = TextLimit(1_000_000)
    listens = False

    def __init__(self, source: int = 0, target: TextIO | None = None, language: str = "") -> None:
        self._source = source
        self._screen = Screen(file=target or sys.stdout, highlight=False)
        self._language = language or locale_language()
        self._address = Address(self.name, "local", username())
        self._answered = asyncio.Event()
        self._live: Live | None = None
        self._prompted = self._left = False

    @property
    def _talks(self) -> bool:
        """Whether a person sits here, at both ends."""
        return self._screen.is_terminal and os.isatty(self._source)

    async def receive(self, inbox: Inbox) -> None:
        """Take lines until /quit or their end. From a pipe each waits for the reply to the one before."""
        if self._talks:
            self._screen.out(HINTS[self._language], style="dim")
        self._prompt()
        try:
            await self._read(inbox)
        finally:
            self._left = True
            self._end_draft()

    async def send(self, part: Part) -> Receipt:
        """Print the whole text, in place of what was shown of it. Raises `Refused` when the terminal went away."""
        try:
            self._end_draft()
            self._say(part.text)
            self._prompt()
        except (OSError, ValueError) as error:
            raise Refused(f"the terminal cannot show it: {type(error).__name__}") from None
        finally:
            self._answered.set()
        return Receipt(part.send_key)

    async def show(self, address: Address, sign: Sign) -> None:  # noqa: ARG002 - there is one conversation here
        """Show the text so far, on a terminal only."""
        if self._left or not self._screen.is_terminal:
            return
        with suppress(OSError, ValueError):  # the terminal went away
            if self._live is None:
                self._end_prompt()
                self._live = Live(console=self._screen, transient=True, auto_refresh=False)
                self._live.start()
            draft = CONTROL.sub("", f"{sign.text} …".lstrip())
            self._live.update(Text.assemble((PROMPTS[self._language][1], "bold green"), draft), refresh=True)

    async def _read(self, inbox: Inbox) -> None:
        async for line in lines(self._source):
            self._prompted = False
            text = CONTROL.sub("", line).strip()
            if text == LEAVE:
                return
            if text:
                await self._take(inbox, text)
            else:
                self._prompt()
        if self._talks:
            self._screen.print()

    async def _take(self, inbox: Inbox, text: str) -> None:
        self._answered.clear()
        await self._accept(inbox, to_message(self._address, text, self._language))
        if not self._talks:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), LONGEST_SILENCE)

    async def _accept(self, inbox: Inbox, message: Message) -> None:
        """Return once it is stored. The same message is offered until then, so no line is lost."""
        while True:
            try:
                await inbox.accept(message)
            except StoreDown as error:
                log.warning("console: not stored yet, trying again", error=str(error))
                await asyncio.sleep(RETRY)
            else:
                return

    def _say(self, text: str) -> None:
        self._end_prompt()
        if self._talks:
            self._screen.out(PROMPTS[self._language][1], style="bold green", end="")
        # Past rich, which would wrap words and turn tabs into spaces.
        print(CONTROL.sub("", text), file=self._screen.file, flush=True)

    def _prompt(self) -> None:
        if self._talks and not self._left:
            self._screen.out(PROMPTS[self._language][0], style="bold", end="")
            self._prompted = True

    def _end_prompt(self) -> None:
        """Leave the line where a person may be typing."""
        if self._prompted:
            self._screen.out()
            self._prompted = False

    def _end_draft(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()


def to_message(address: Address, text: str, language: str = "") -> Message:
    """Return what a line says. Pure, but for its new id."""
    name = str(uuid4())
    command = COMMAND.fullmatch(text)
    word, argument = command.groups(default="") if command else ("", "")
    kind = Kind.COMMAND if word else Kind.TEXT
    return Message(address, name, text, address.chat, name, kind, word.lower(), argument, language=language)


def locale_language() -> str:
    """Return `zh` or `en`, as the terminal's locale says."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def username() -> str:
    try:
        return getpass.getuser() or "you"
    except (OSError, KeyError, ImportError):
        return "you"


async def lines(source: int) -> AsyncIterator[str]:
    """Give the lines of a file descriptor, whatever it is, without holding up the loop; the last may lack its end.

    A thread reads, because a loop cannot watch files. It reads the bare descriptor: a thread that waits inside
    `sys.stdin` cannot be left behind when the program ends. What is not UTF-8 is shown as U+FFFD.
    """
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    threading.Thread(target=_read, args=(source, loop, pieces), daemon=True).start()
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    while piece := await pieces.get():
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        for line in whole:
            yield line
    if last := rest + decoder.decode(b"", final=True):
        yield last


def _read(source: int, loop: asyncio.AbstractEventLoop, pieces: asyncio.Queue[bytes]) -> None:
    piece = b"begin"
    while piece:
        try:
            piece = os.read(source, 65536)
        except OSError:  # closed, or a terminal that went away
            piece = b""
        try:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)
        except RuntimeError:  # the loop has ended
            return
