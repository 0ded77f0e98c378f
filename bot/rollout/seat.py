"""A version's open writer: counted while somebody uses it, so that it is closed under nobody."""

from __future__ import annotations

import asyncio

from bot.versions import Version
from nlg.contract import Draft, OnChunk, Prompt, Writer


class Seat:
    """A writer in which one version sits."""

    def __init__(self, version: Version, writer: Writer) -> None:
        self.version = version
        self.used_at = asyncio.get_running_loop().time()
        self._writer = writer
        self._was_ready = False
        self._writing = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def trouble(self) -> str:
        return self._writer.trouble

    @property
    def ready(self) -> bool:
        """Whether it has been able to write at some time: a model that loads never was, a broker may come back."""
        self._was_ready = self._was_ready or not self.trouble
        return self._was_ready

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self._writing += 1
        self._idle.clear()
        try:
            return await self._writer.write(prompt, on_chunk)
        finally:
            self._writing -= 1
            self.used_at = asyncio.get_running_loop().time()
            if not self._writing:
                self._idle.set()

    async def stop(self, prompt_id: str) -> None:
        await self._writer.stop(prompt_id)

    async def close(self) -> None:
        """Let go of the writer once nobody uses it."""
        await self._idle.wait()
        await self._writer.close()
