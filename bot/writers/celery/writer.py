"""The writer that asks workers."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import replace

from bot.writers.celery.answer import Answer
from bot.writers.celery.inflow import Inflow
from bot.writers.celery.outflow import Outflow
from nlg.contract import Draft, Late, OnChunk, Prompt, Unreachable
from nlg.serving.broker import Broker, new_reply_queue
from nlg.serving.wire import Ask, Kind, Reply

REACH_SECONDS = 2.0
"""A broker that takes no prompt for so long counts as away."""

RETURN_SECONDS = 60.0
"""So long after a broker went away prompts wait for it, as one that is restarted comes back; later they give up sooner,
for nobody should wait for what may stay away for hours."""

WRITING, MOST_WRITING = 0.4, 5.0
"""The share of its time, and the most seconds, that a prompt which waits for the broker keeps for the writing."""

RETRY_SECONDS = 0.2
"""Between two attempts to send a prompt to a broker that does not take it."""

PATIENCE = 0.5
"""A prompt is asked once more when nothing was heard for this share of the time that was left."""

WAY_BACK, MOST_WAY_BACK = 0.1, 0.5
"""The share of the time, and the most seconds, that are kept for the draft's way back."""

STOP_SECONDS = 1.0
"""When no worker ends a prompt so soon after it was told to stop, it ends with what was shown."""


class CeleryWriter:
    """Asks workers behind a broker; a broker that comes back, emptied or not, is taken up again."""

    def __init__(self, broker: Broker, queue: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers: dict[str, Answer] = {}
        self._closed = False
        self._called_off: deque[str] = deque(maxlen=256)
        self._background: set[asyncio.Task[None]] = set()
        self._reached = asyncio.Event()
        self._away_since = self._loop.time()
        self._reply_to = new_reply_queue()
        self._outflow = Outflow(broker, queue)
        self._inflow = Inflow(broker, self._reply_to, self._deliver, self._report)

    @property
    def trouble(self) -> str:
        return "" if self._reached.is_set() else "the broker cannot be reached"

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        if self._closed:
            raise Unreachable("the writer is closed")
        asked = replace(prompt, id=f"{prompt.id}/{secrets.token_hex(4)}")
        answer = self._answers[asked.id] = Answer(on_chunk)
        try:
            async with asyncio.timeout(prompt.seconds):
                return replace(await self._ask(asked, answer), id=prompt.id)
        except TimeoutError:
            raise Late(f"no draft within {prompt.seconds:g} seconds") from None
        finally:
            del self._answers[asked.id]
            if answer.repeated or not answer.end.done():
                self._call_off(asked.id)
            answer.close()

    async def stop(self, prompt_id: str) -> None:
        for key, answer in self._answers.items():
            if key.rpartition("/")[0] == prompt_id:
                self._call_off(key)
                self._loop.call_later(STOP_SECONDS, answer.cut)

    async def close(self) -> None:
        self._closed = True
        await asyncio.gather(*(answer.end for answer in self._answers.values()), return_exceptions=True)
        await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.to_thread(self._inflow.close)
        await asyncio.to_thread(self._outflow.close)

    async def _ask(self, prompt: Prompt, answer: Answer) -> Draft:
        """Ask, once more when nothing is heard, again when the broker may have lost it, and return what comes first."""
        deadline = self._loop.time() + prompt.seconds
        await self._send(Ask(prompt, self._reply_to, sent=time.time()), deadline)
        answer.asked = True
        while await answer.heard_nothing(PATIENCE * (deadline - self._loop.time())):
            if not answer.begin_again():
                break
            why, answer.turned_away = answer.turned_away, ""
            # A worker that calls a prompt too late while there is time left has another clock: compare none.
            sent = None if why == Late.reason else time.time()
            with contextlib.suppress(Unreachable):  # the first asking may still be answered
                await self._send(Ask(prompt, self._reply_to, answer.run, sent), deadline)
        return await answer.end

    async def _send(self, ask: Ask, deadline: float) -> None:
        """Put it into the queue; wait for a broker that is away as long as that is of use. Raises `Unreachable`."""
        give_up = self._loop.time() + self._wait(deadline - self._loop.time())
        while True:
            try:
                async with asyncio.timeout_at(give_up):
                    await self._reached.wait()
                await self._publish(ask, deadline)
                return
            except (TimeoutError, Unreachable):
                if self._loop.time() + RETRY_SECONDS >= give_up:
                    raise Unreachable("the broker cannot be reached") from None
            await asyncio.sleep(RETRY_SECONDS)

    async def _publish(self, ask: Ask, deadline: float) -> None:
        left = deadline - self._loop.time()
        prompt = replace(ask.prompt, seconds=left - min(MOST_WAY_BACK, WAY_BACK * left))
        sent = ask.sent and time.time()
        async with asyncio.timeout(REACH_SECONDS):
            await self._outflow.ask(replace(ask, prompt=prompt, sent=sent))

    def _wait(self, left: float) -> float:
        """Seconds to wait for the broker, when `left` are left for the prompt."""
        away = 0.0 if self._reached.is_set() else self._loop.time() - self._away_since
        patient = left - min(MOST_WRITING, WRITING * left)
        return patient if away < RETURN_SECONDS else min(REACH_SECONDS, patient)

    def _call_off(self, key: str) -> None:
        """Tell the workers, behind our back, that nobody waits for this any more."""
        self._called_off.append(key)
        task = self._loop.create_task(self._stop(key))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _stop(self, key: str) -> None:
        with contextlib.suppress(Unreachable, TimeoutError):
            async with asyncio.timeout(REACH_SECONDS):
                await self._outflow.stop(key)

    def _deliver(self, reply: Reply) -> None:
        self._loop.call_soon_threadsafe(self._take, reply)

    def _report(self, reached: bool) -> None:
        self._loop.call_soon_threadsafe(self._found if reached else self._lost)

    def _found(self) -> None:
        self._reached.set()
        for answer in self._answers.values():
            answer.doubt()

    def _lost(self) -> None:
        if self._reached.is_set():
            self._away_since = self._loop.time()
        self._reached.clear()

    def _take(self, reply: Reply) -> None:
        answer = self._answers.get(reply.id)
        if answer is not None:
            answer.take(reply)
        elif reply.kind is Kind.CHUNK and reply.id not in self._called_off:
            self._call_off(reply.id)
