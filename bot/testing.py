"""Stand-ins that keep the promises of the real things and remember what was asked of them. For tests and trials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.errors import DeliveryError
from bot.interfaces import Inbox
from bot.messages import Address, Part, Question, Receipt, Reply, Sign, TextLimit
from nlg.contract import Draft, Finish, OnChunk, Prompt


@dataclass
class RecordingConnector:
    """A platform in memory. `failures` are raised by the next sends, one each; `None` lets one through."""

    name: str = "memory"
    listens: bool = False
    limit: TextLimit = field(default_factory=lambda: TextLimit(4096))
    failures: list[DeliveryError | None] = field(default_factory=list)
    sent: list[Part] = field(default_factory=list)
    shown: list[tuple[Address, Sign]] = field(default_factory=list)

    async def receive(self, inbox: Inbox) -> None:  # noqa: ARG002 - tests put events into the inbox themselves
        await asyncio.Event().wait()

    async def send(self, part: Part) -> Receipt:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(part)
        return Receipt(str(len(self.sent)))

    async def show(self, address: Address, sign: Sign) -> None:
        self.shown.append((address, sign))

    def texts(self, chat: str | None = None) -> list[str]:
        """What the people of a chat (or all) have read, in order."""
        return [part.text for part in self.sent if chat in (None, part.address.chat)]


class ScriptedResponder:
    """Gives the replies it was made with, in turn, and remembers the questions. An exception is raised instead."""

    def __init__(self, replies: Iterable[Reply | Exception | None] | Callable[[Question], Reply]) -> None:
        self._replies = replies if callable(replies) else iter(replies)
        self.questions: list[Question] = []

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:
        self.questions.append(question)
        reply = self._replies(question) if callable(self._replies) else next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        if reply is not None:
            show(reply.text)
        return reply


class OneModel:
    """A single version that answers everybody, and remembers what was stopped and what shadows were offered."""

    def __init__(self, name: str = "only") -> None:
        self.name = name
        self.stopped: list[str] = []
        self.shadowed: list[tuple[Question, int]] = []

    def assign(self, address: Address, wish: str = "") -> str:  # noqa: ARG002 - everybody gets the same
        return self.name

    async def stop(self, question: str) -> None:
        self.stopped.append(question)

    def shadow(self, question: Question, turn: int) -> None:
        self.shadowed.append((question, turn))


class FunctionWriter:
    """A model that is a function of the prompt: gives its text word by word, can be stopped, keeps the prompts."""

    def __init__(self, write: Callable[[Prompt], str]) -> None:
        self._write = write
        self.prompts: list[Prompt] = []
        self._stopped: dict[str, bool] = {}
        """Whether each prompt that is being written should end."""

    @property
    def trouble(self) -> str:
        return ""

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self.prompts.append(prompt)
        self._stopped[prompt.id] = False
        said = ""
        for word in self._write(prompt).split(" "):
            if self._stopped[prompt.id]:
                return self._draft(prompt, said, Finish.STOPPED)
            chunk = f" {word}" if said else word
            said += chunk
            on_chunk(chunk)
            await asyncio.sleep(0)
        return self._draft(prompt, said, Finish.END)

    async def stop(self, prompt_id: str) -> None:
        if prompt_id in self._stopped:
            self._stopped[prompt_id] = True

    async def close(self) -> None:
        return None

    def _draft(self, prompt: Prompt, text: str, finish: Finish) -> Draft:
        words = len(text.split())
        return Draft(prompt.id, text, 0.0, "function@0", finish, len(prompt.lines), words)
