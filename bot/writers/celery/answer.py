"""What has come back so far for one prompt, from however many runs of it."""

from __future__ import annotations

import asyncio

from nlg.contract import Busy, Draft, Finish, Late, OnChunk, Unreachable, WritingError
from nlg.serving.wire import LEAVING, Kind, Reply

_ERRORS: dict[str, type[WritingError]] = {Busy.reason: Busy, Late.reason: Late, LEAVING: Unreachable}
_ASK_ANOTHER = (Late.reason, LEAVING)


class Answer:
    """Puts chunks together and waits for the draft. Lives in one event loop."""

    def __init__(self, on_chunk: OnChunk) -> None:
        self.run = 1
        """How often the prompt was asked."""
        self.turned_away = ""
        """Why a worker would not write, when another one might."""
        self.end: asyncio.Future[Draft] = asyncio.get_running_loop().create_future()
        """The draft or the error, once it is there."""
        self.asked = False
        """Whether some worker may know of the prompt by now."""
        self.repeated = False
        """Whether more than one worker may know of it."""
        self._forgotten = False
        self._on_chunk = on_chunk
        self._shown = ""
        self._useless: set[int] = set()
        self._news = asyncio.Event()

    def take(self, reply: Reply) -> None:
        """Take in one reply. Repeated, late and contradicting ones change nothing."""
        if self.end.done():
            return
        if reply.kind is Kind.CHUNK:
            self._show(reply)
        elif reply.draft is not None:
            self.end.set_result(reply.draft)
        elif reply.run == self.run:
            self._refuse(reply.reason)
        self._news.set()

    def cut(self) -> None:
        """End with what was shown, when no worker did so."""
        if not self.end.done():
            self.end.set_result(Draft("", self._shown, 0.0, "", Finish.STOPPED))
            self._news.set()

    def close(self) -> None:
        """Forget about it."""
        if not self.end.cancel() and not self.end.cancelled():
            self.end.exception()  # seen, even when nobody waits any more

    def doubt(self) -> None:
        """The broker was away: it may have lost the prompt, or what was said to it."""
        self._forgotten = self.asked
        self._news.set()

    def begin_again(self) -> bool:
        """Whether to ask again; if so, `run` says which asking that is.

        What a broker may have lost is asked under its old number: a worker that still writes it takes no notice.
        """
        again = self._forgotten or self.run == 1
        if not self._forgotten:
            self.run = 2
        self._forgotten = False
        self.repeated |= again
        return again

    async def heard_nothing(self, seconds: float) -> bool:
        """Wait for the end. True when nothing came for so long, or when the prompt should be asked again."""
        while not self.end.done() and not self.turned_away and not self._forgotten:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return True
        return not self.end.done()

    def _refuse(self, reason: str) -> None:
        if reason in _ASK_ANOTHER and self.run == 1:
            self.turned_away = reason
        else:
            self.end.set_exception(_ERRORS.get(reason, WritingError)(f"the worker said: {reason}"))

    def _show(self, reply: Reply) -> None:
        """Show what is new of a run, as long as it says what was shown already and nothing of it was lost."""
        known = self._shown[reply.at : reply.at + len(reply.text)]
        if reply.at > len(self._shown) or not reply.text.startswith(known):
            self._useless.add(reply.run)
        fresh = reply.text[len(known) :]
        if fresh and reply.run not in self._useless:
            self._shown += fresh
            self._on_chunk(fresh)
