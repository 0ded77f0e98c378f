"""Gathers pairs: what two versions write to the prompts of replies that were given.

What is known already is taken: the reply that was sent, and what shadows wrote. The rest is written now. Nothing of it
is sent to anybody.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from uuid import uuid4

from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.pages.compare.judging import AMOUNTS
from bot.admin.visit import Visit
from bot.prompting import lines_of
from bot.store.reviewing.comparing import keep_pair, known, language_of, prompts
from bot.store.reviewing.reading import before
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
        lines = lines_of((await before(connection, turn, READ))[:-1])
        language = await language_of(connection, turn)
    if not lines or lines[-1].role is not Role.USER:
        return {}
    missing = [version for version in versions if version not in there]
    asked = (Prompt(uuid4().hex, lines, SECONDS, language) for _ in missing)
    written = await asyncio.gather(*(_write(visit, *one) for one in zip(missing, asked, strict=True)))
    both = there | dict(zip(missing, written, strict=True))
    return {version: both[version] for version in versions if both[version]}


async def _write(visit: Visit, version: str, prompt: Prompt) -> str:
    writer = await visit.desk.writer(version)
    return (await writer.write(prompt, lambda _: None)).text
