"""Several writers, one after the other, inside one deadline: the best first, the surest last.

Set as `PALAVER_WRITER="celery:fused, celery:distilled, engine"`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import structlog

from bot.errors import SettingsError
from bot.writers import WriterSettings
from bot.writers import open_writer as open_one
from nlg.contract import Draft, Finish, Late, OnChunk, Prompt, Unreachable, Writer, WritingError

log = structlog.get_logger()

SHARE = 0.5
"""The share of the time left that a writer gets while another may be asked after it."""


async def open_writer(settings: WriterSettings) -> Chain:
    """Open every writer that is named. Raises `SettingsError` or `ModelRefused`, with none left open."""
    if len(settings.steps) < 2:
        raise SettingsError("PALAVER_WRITER: a chain names several writers, such as: celery, engine")
    opened: list[tuple[str, Writer]] = []
    async with AsyncExitStack() as held:
        for step in settings.steps:
            writer = await open_one(settings.only(step))
            held.push_async_callback(writer.close)
            opened.append((step, writer))
        held.pop_all()
    return Chain(opened)


class Chain:
    """Asks the first writer; where it gives no whole reply in its share of the time, the next.

    The draft says in whose place it was written. When somebody fails after the first word, only what goes on from the
    words that were shown is shown, and the draft says it all.
    """

    def __init__(self, writers: Sequence[tuple[str, Writer]]) -> None:
        self._writers = writers
        self._open: Counter[str] = Counter()
        self._stopped: set[str] = set()

    @property
    def trouble(self) -> str:
        """What troubles the first, when nobody can write."""
        troubles = [writer.trouble for _, writer in self._writers]
        return troubles[0] if all(troubles) else ""

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self._open[prompt.id] += 1
        try:
            return await self._write(Asking(prompt, on_chunk))
        finally:
            self._open[prompt.id] -= 1
            if not self._open[prompt.id]:
                del self._open[prompt.id]
                self._stopped.discard(prompt.id)

    async def stop(self, prompt_id: str) -> None:
        if prompt_id in self._open:
            self._stopped.add(prompt_id)
        await asyncio.gather(*(writer.stop(prompt_id) for _, writer in self._writers))

    async def close(self) -> None:
        await asyncio.gather(*(writer.close() for _, writer in self._writers))

    async def _write(self, asking: Asking) -> Draft:
        for at, (name, writer) in enumerate(self._writers):
            if asking.prompt.id in self._stopped:
                return asking.stopped()
            if writer.trouble and any(not other.trouble for _, other in self._writers[at + 1 :]):
                asking.failed(name, Unreachable.reason)
                continue
            draft = await asking.ask(name, writer, 1.0 if at == len(self._writers) - 1 else SHARE)
            if draft is not None:
                return draft
        return asking.best()


class Asking:
    """One prompt on its way from writer to writer."""

    def __init__(self, prompt: Prompt, on_chunk: OnChunk) -> None:
        self.prompt = prompt
        self._shown = Shown(on_chunk)
        self._deadline = asyncio.get_running_loop().time() + prompt.seconds
        self._instead: list[str] = []
        self._halves: list[Draft] = []
        self._error: WritingError = Late("nobody was asked in time")

    async def ask(self, name: str, writer: Writer, share: float) -> Draft | None:
        """Return the draft if it is whole, or was stopped; otherwise the next writer should be asked."""
        seconds = share * (self._deadline - asyncio.get_running_loop().time())
        try:
            draft = await writer.write(replace(self.prompt, seconds=seconds), self._shown.another())
        except WritingError as error:
            self._error = error
            self.failed(name, error.reason)
            return None
        if draft.finish is Finish.STOPPED or _whole(draft):
            return replace(draft, instead=", ".join(self._instead))
        self._halves.append(draft)
        self.failed(name, draft.finish.value if draft.text else "empty")
        return None

    def failed(self, name: str, reason: str) -> None:
        self._instead.append(f"{name} ({reason})")
        log.info("chain.next", after=name, reason=reason)

    def stopped(self) -> Draft:
        """Return what was shown until now."""
        return Draft(self.prompt.id, self._shown.text, 0.0, "", Finish.STOPPED)

    def best(self) -> Draft:
        """Return the longest half of a reply, when nobody wrote a whole one. Raises the last error without any."""
        if not self._halves:
            raise self._error
        return max(self._halves, key=lambda draft: len(draft.text))


def _whole(draft: Draft) -> bool:
    return bool(draft.text.strip()) and draft.finish is not Finish.DEADLINE


class Shown:
    """What was shown of a reply that several write, one after the other. Chunks may come from any thread."""

    def __init__(self, on_chunk: OnChunk) -> None:
        self._on_chunk = on_chunk
        self._turn = 0
        self.text = ""

    def another(self) -> OnChunk:
        """Return what takes the chunks of the next writer; those of the one before are not heard any more."""
        self._turn += 1
        mine, own = self._turn, ""

        def take(chunk: str) -> None:
            nonlocal own
            own += chunk
            if mine == self._turn and len(own) > len(self.text) and own.startswith(self.text):
                fresh, self.text = own[len(self.text) :], own
                self._on_chunk(fresh)

        return take
