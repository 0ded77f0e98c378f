from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import termios
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.messages import Address, Kind, Part, Sign
from connectors import console
from connectors.console import Console, connector, lines, locale_language, to_message
from tests.rig.talk import Talk

HERE = Address("console", "local", "ann")


class Pipe:
    """A console between two pipes, as in `echo hello | palaver chat`."""

    def __init__(self) -> None:
        self.source, self.end = os.pipe()
        self.out = io.StringIO()
        self.console = Console(self.source, self.out, "en")
        self.talk = Talk()

    def write(self, text: str) -> None:
        os.write(self.end, text.encode())

    def finish(self) -> None:
        os.close(self.end)
        self.end = -1

    async def answer(self, text: str) -> None:
        await self.console.send(Part(HERE, text, "key"))


@pytest.fixture
def pipe():
    made = Pipe()
    yield made
    for descriptor in (made.end, made.source):
        with suppress(OSError):
            os.close(descriptor)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def ends(task: Awaitable[None]) -> None:
    await asyncio.wait_for(task, 10)


async def test_lines_of_a_pipe_are_answered_in_order_and_then_it_ends(pipe):
    pipe.write("first\n\nsecond\n第三行")
    pipe.finish()
    task = asyncio.create_task(pipe.console.receive(pipe.talk))
    for number, line in enumerate(["first", "second", "第三行"], 1):
        await until(lambda number=number: len(pipe.talk.accepted) == number)
        assert pipe.talk.texts()[-1] == line
        for _ in range(20):
            await asyncio.sleep(0)
        assert not task.done()
        assert len(pipe.talk.accepted) == number
        await pipe.answer(f"re: {line}")
    await ends(task)
    assert pipe.out.getvalue() == "re: first\nre: second\nre: 第三行\n"


async def test_a_line_without_an_answer_does_not_hold_up_the_next_for_ever(pipe, monkeypatch):
    monkeypatch.setattr(console, "LONGEST_SILENCE", 0.01)
    pipe.write("one\ntwo\n")
    pipe.finish()
    await ends(pipe.console.receive(pipe.talk))
    assert pipe.talk.texts() == ["one", "two"]


async def test_quit_ends_it_and_what_comes_after_is_not_sent(pipe):
    pipe.write("/quit\nafterwards\n")
    await ends(pipe.console.receive(pipe.talk))
    assert pipe.talk.texts() == []


async def test_no_input_at_all_ends_it(pipe):
    pipe.finish()
    await ends(pipe.console.receive(pipe.talk))
    assert pipe.out.getvalue() == ""


async def test_a_closed_input_ends_it():
    source, end = os.pipe()
    os.close(source)
    os.close(end)
    await ends(Console(source, io.StringIO()).receive(Talk()))


async def test_a_file_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "LONGEST_SILENCE", 0.01)
    (tmp_path / "questions").write_text("one\ntwo\n", "utf-8")
    talk = Talk()
    with (tmp_path / "questions").open("rb") as file:
        await ends(Console(file.fileno(), io.StringIO()).receive(talk))
    assert talk.texts() == ["one", "two"]


async def test_a_line_is_offered_until_it_is_stored(pipe, monkeypatch):
    monkeypatch.setattr(console, "RETRY", 0.01)
    pipe.talk.down = True
    pipe.write("keep me\n")
    task = asyncio.create_task(pipe.console.receive(pipe.talk))
    await until(lambda: pipe.talk.arrivals >= 3)
    pipe.talk.down = False
    await until(lambda: pipe.talk.texts() == ["keep me"])
    pipe.finish()
    await pipe.answer("kept")
    await ends(task)


async def test_it_can_be_cancelled_while_nobody_writes(pipe):
    task = asyncio.create_task(pipe.console.receive(pipe.talk))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_a_pipe_sees_no_drafts_and_the_exact_text(pipe):
    text = "  [bold]not markup[/bold] :smile: https://example.com/" + "long " * 60 + "\n\nend  "
    await pipe.console.show(HERE, Sign("so far"))
    await pipe.answer(text)
    assert pipe.out.getvalue() == text + "\n"


async def test_no_text_can_drive_the_terminal(pipe):
    await pipe.answer("a\x1b[2Jb\x9b31mc\x07\rd\te")
    assert pipe.out.getvalue() == "a[2Jb31mcd\te\n"


async def test_a_reader_that_went_away_is_a_refusal(pipe):
    pipe.out.close()
    with pytest.raises(Refused, match="terminal"):
        await pipe.answer("too late")


class Terminal(Pipe):
    """A console at a real terminal; `seen` is what a person sees, escape sequences taken out."""

    def __init__(self) -> None:
        self.end, self.source = pty.openpty()
        attributes = termios.tcgetattr(self.source)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self.source, termios.TCSANOW, attributes)
        self.out = os.fdopen(os.dup(self.source), "w")  # type: ignore[assignment]
        self.console = Console(self.source, self.out, "en")
        self.talk = Talk()
        self.raw = ""
        os.set_blocking(self.end, False)

    @property
    def seen(self) -> str:
        with suppress(BlockingIOError, OSError):
            while piece := os.read(self.end, 65536):
                self.raw += piece.decode("utf-8", "replace")
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", self.raw).replace("\r\n", "\n")


@pytest.fixture
def terminal(monkeypatch):
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "80"), ("LINES", "24")):
        monkeypatch.setenv(name, value)
    made = Terminal()
    yield made
    made.out.close()
    for descriptor in (made.end, made.source):
        os.close(descriptor)


async def test_a_person_sees_the_reply_grow_and_then_whole(terminal):
    task = asyncio.create_task(terminal.console.receive(terminal.talk))
    await until(lambda: terminal.seen.endswith("\nyou> "))
    terminal.write("Where is my order?\n")
    await until(lambda: terminal.talk.texts() == ["Where is my order?"])
    for draft in ("", "It is", "It is on its"):
        await terminal.console.show(HERE, Sign(draft))
        await until(lambda draft=draft: terminal.seen.endswith(f"bot> {draft} …".replace("  ", " ")))
    await terminal.answer("It is on its way.")
    await until(lambda: terminal.seen.endswith("bot> It is on its way.\nyou> "))
    assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l"), "the cursor is back"
    terminal.write("/quit\n")
    await ends(task)


async def test_ctrl_d_leaves(terminal):
    task = asyncio.create_task(terminal.console.receive(terminal.talk))
    await until(lambda: terminal.seen.endswith("\nyou> "))
    terminal.write("\x04")
    await ends(task)
    assert terminal.talk.texts() == []


async def test_a_person_can_stop_a_reply_that_is_being_written(terminal):
    task = asyncio.create_task(terminal.console.receive(terminal.talk))
    terminal.write("tell me everything\n")
    await until(terminal.talk.texts)
    await terminal.console.show(HERE, Sign("Well, once"))
    terminal.write("/stop\n")
    await until(lambda: len(terminal.talk.accepted) == 2)
    assert terminal.talk.accepted[1].command == "stop"
    await terminal.answer("Well, once …")
    await terminal.answer("Stopped.")
    await until(lambda: terminal.seen.endswith("bot> Well, once …\nyou> \nbot> Stopped.\nyou> "))
    terminal.write("/quit\n")
    await ends(task)


async def test_whoever_leaves_in_the_middle_gets_the_cursor_back(terminal):
    task = asyncio.create_task(terminal.console.receive(terminal.talk))
    terminal.write("hi\n")
    await until(terminal.talk.texts)
    await terminal.console.show(HERE, Sign("so"))
    terminal.write("/quit\n")
    await ends(task)
    await terminal.console.show(HERE, Sign("so far"))
    await terminal.answer("so far so good")
    await until(lambda: terminal.seen.endswith("bot> so far so good\n"))
    assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l")


def test_a_line_becomes_a_message_or_a_command():
    message = to_message(HERE, "hello there", "zh")
    assert (message.kind, message.text, message.sender, message.language) == (Kind.TEXT, "hello there", "ann", "zh")
    command = to_message(HERE, "/Start from here")
    assert (command.kind, command.command, command.argument) == (Kind.COMMAND, "start", "from here")
    assert to_message(HERE, "/usr/bin").kind is Kind.TEXT
    assert message.key != to_message(HERE, "hello there").key


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_terminals_locale_says_the_language(monkeypatch, variables, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert locale_language() == language


def test_who_has_no_name_is_you(monkeypatch):
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert console.username() == "you"


def test_the_console_is_there_only_for_who_asks():
    assert connector(asked=False) is None
    assert connector(asked=True) is not None


async def read(pieces: list[bytes]) -> list[str]:
    source, end = os.pipe()

    async def feed() -> None:
        for piece in pieces:
            os.write(end, piece)
            await asyncio.sleep(0)
        os.close(end)

    feeding = asyncio.create_task(feed())
    found = [line async for line in lines(source)]
    await feeding
    os.close(source)
    return found


@given(st.text(max_size=60), st.lists(st.integers(0, 200), max_size=5))
def test_lines_are_the_same_however_they_arrive(text, cuts):
    text = text.encode("utf-8", "replace").decode()
    raw = text.encode()
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(places)]
    expected = text.split("\n")
    assert asyncio.run(read([piece for piece in pieces if piece])) == (expected if expected[-1] else expected[:-1])


async def test_what_is_no_text_is_shown_as_such():
    assert await read([b"a\xffb\n\xe4\xb8"]) == ["a\ufffdb", "\ufffd"]
