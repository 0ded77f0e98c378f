"""Gathers pairs: what two versions write to the prompts of replies that were given.

What is known already is taken: the reply that was sent, and what shadows wrote. The rest is written now. Nothing of it
is sent to anybody.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.pages.compare.judging import AMOUNTS
from bot.admin.visit import Visit
from bot.prompting import lines_of
from bot.store.closeup import read_asked
from bot.store.reviewing.comparing import keep_pair, known, language_of, prompts
from bot.store.reviewing.reading import before
from bot.writings import prompt_of
from nlg.contract import Prompt, Role, WritingError

READ = 40
"""Turns that a prompt is made of, as when a person waits for the reply."""
SECONDS = 30.0


async def start(visit: Visit) -> Response:
    """Gather as many pairs of the two versions as the form says, and show the first."""
    first, second = await visit.field("first"), await visit.field("second")
    amount = await visit.field("amount")
    if not first or not second or first == second or amount not in map(str, AMOUNTS):
        raise Refused(400, "compare.two_of_them")
    async with visit.database.read() as connection:
        turns = await prompts(connection, int(amount), random.random())
    try:
        found = [await _replies(visit, turn, (first, second)) for turn in turns]
    except WritingError as error:
        raise Refused(502, "compare.failed", reason=error.reason) from None
    return await _keep(visit, dict(zip(turns, found, strict=True)), [first, second])


async def _keep(visit: Visit, found: Mapping[int, Mapping[str, str]], versions: list[str]) -> Response:
    """Keep the pairs that differ: the same words twice tell nothing of whom to prefer."""
    apart = {turn: replies for turn, replies in found.items() if len(set(replies.values())) == 2}
    async with visit.change("pairs.gathered", " and ".join(versions), pairs=len(apart)) as connection:
        for turn, replies in apart.items():
            await keep_pair(connection, turn, replies)
    visit.flash("compare.gathered", n=len(apart), same=len(found) - len(apart), good=bool(apart))
    return visit.go("/compare")


async def _replies(visit: Visit, turn: int, versions: tuple[str, str]) -> dict[str, str]:
    """What both versions say; less where one has nothing to say."""
    async with visit.database.read() as connection:
        there = await known(connection, turn)
        prompt = await _prompt(connection, turn)
    if prompt is None:
        return {}
    missing = [version for version in versions if version not in there]
    written = await asyncio.gather(*(_write(visit, version, prompt) for version in missing))
    both = there | dict(zip(missing, written, strict=True))
    return {version: both[version] for version in versions if both[version]}


async def _prompt(connection: AsyncConnection, turn: int) -> Prompt | None:
    """What was asked for the reply, as it was kept; else what a model is told of the turns before it."""
    kept = await read_asked(connection, turn)
    if kept:
        with suppress(TypeError, ValueError):  # kept by a version that asked differently
            return prompt_of(kept[0], "", SECONDS)
    lines = lines_of((await before(connection, turn, READ))[:-1])
    if not lines or lines[-1].role is not Role.USER:
        return None
    return Prompt("", lines, SECONDS, await language_of(connection, turn))


async def _write(visit: Visit, version: str, prompt: Prompt) -> str:
    writer = await visit.desk.writer(version)
    return (await writer.write(replace(prompt, id=uuid4().hex), lambda _: None)).text
