"""Sums up what a model is not told any more, behind the conversation's back: no reply ever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

import structlog

from bot.messages import Question, Turn
from bot.normalise import for_model
from bot.prompting import lines_of
from bot.remembering import clipped, leaving
from bot.rollout.quiet import Quiet
from bot.store.answering import REMEMBERED
from bot.store.summaries import Summaries, Summary
from nlg.contract import Decoding, Draft, Finish, Line, Prompt, Role, Writer

log = structlog.get_logger()

OWN = "model"
"""In the settings: the model that answers sums up, too."""
SECONDS = 60.0
SLOTS = 2
"""Summaries that are written at once; who finds none free is summed up after the next answer."""
ASKING = {
    "en": "Sum up this conversation in a few short sentences, for somebody who goes on with it: what the customer "
    "wants, what was found out and agreed, what is still open. Invent nothing. Answer with the summary only.",
    "zh": "请用几句简短的话概括这段对话，供接手的人参考：顾客要什么，已经弄清和商定了什么，还有什么没有解决。"
    "不要编造。只回答概括的内容。",
}
SPEAKERS = {"en": ("Customer", "Assistant", "Before that"), "zh": ("顾客", "助手", "更早")}


class Summariser:
    """Looks after each answer whether something is about to be cut, and has it summed up."""

    def __init__(
        self,
        writer: Callable[[Question], Awaitable[Writer]],
        summaries: Summaries,
        quiet: Quiet,
        tokens: int,
        most: int,
    ) -> None:
        """A model is told `tokens` of a conversation, a summary has `most`. Who waits breaks the `quiet`."""
        self._writer = writer
        self._summaries = summaries
        self._quiet = quiet
        self._tokens = tokens
        self._most = most
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def follow(self, question: Question) -> None:
        """Look at the conversation of a question that was answered. Returns at once."""
        conversation = question.conversation.id
        old = leaving((*question.conversation.turns, *question.messages), self._tokens, REMEMBERED)
        if not old or conversation in self._tasks or len(self._tasks) >= SLOTS:
            return
        task = asyncio.create_task(self._sum_up(question, old))
        self._tasks[conversation] = task
        task.add_done_callback(lambda _: self._tasks.pop(conversation, None))

    async def close(self) -> None:
        """Give up what is being written."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _sum_up(self, question: Question, old: Sequence[Turn]) -> None:
        conversation = question.conversation
        try:
            before = await self._summaries.of(conversation.id)
            known = before if before is not None and conversation.summary else None
            new = [turn for turn in old if known is None or turn.seq > known.until]
            lines = lines_of(new)
            if lines:
                prompt = self._prompt(lines, known.text if known else "", conversation.language)
                draft = await self._write(await self._writer(question), prompt)
                await self._keep(conversation.id, draft, new, before.until if before else 0)
        except Exception as error:
            log.warning("not summed up", conversation=conversation.id, error=type(error).__name__)

    def _prompt(self, lines: Sequence[Line], before: str, language: str) -> Prompt:
        """Ask in one line, and as the system's text, too: not every model takes one."""
        person, bot, earlier = SPEAKERS[language]
        said = [f"{person if line.role is Role.USER else bot}: {line.text}" for line in lines]
        told = [f"{earlier}: {before}", *said] if before else said
        asking = Line(Role.USER, "\n".join((ASKING[language], "", *told)))
        return Prompt(uuid4().hex, (asking,), SECONDS, language, Decoding(self._most), ASKING[language])

    async def _write(self, writer: Writer, prompt: Prompt) -> Draft | None:
        """Return the draft, or `None` where somebody waited for a reply meanwhile: then the processor is theirs."""
        async with asyncio.timeout(SECONDS):
            await self._quiet.begins()
        writing = asyncio.ensure_future(writer.write(prompt, lambda _: None))
        disturbed = asyncio.ensure_future(self._quiet.ends())
        try:
            await asyncio.wait((writing, disturbed), return_when=asyncio.FIRST_COMPLETED)
            return writing.result() if writing.done() else None
        finally:
            for task in (writing, disturbed):
                task.cancel()
            await asyncio.gather(writing, disturbed, return_exceptions=True)

    async def _keep(self, conversation: int, draft: Draft | None, turns: Sequence[Turn], before: int) -> None:
        if draft is None or draft.finish in (Finish.STOPPED, Finish.DEADLINE):
            return
        text = clipped(for_model(draft.text), self._most)
        if text:
            summary = Summary(text, turns[-1].seq, turns[-1].at, draft.model)
            kept = await self._summaries.keep(conversation, summary, turns, before)
            log.info("summed up", conversation=conversation, until=summary.until, kept=kept)
