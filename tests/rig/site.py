"""A web chat on a real socket of this machine, behind the bot's own web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.messages import Address, Part, Sign, Speaker, Thumb
from connectors.web.gateway import Web
from connectors.web.settings import WebSettings
from connectors.web.stream import Pace
from tests.rig.talk import Talk

QUICK = Pace(look=0.05, hurry=0.01, draft=0.01, beat=0.5, write=1.0)


@dataclass
class Site:
    """The connector, the conversation behind it, and where it is."""

    web: Web
    talk: Talk
    port: int
    parts: tuple[asyncio.Task[None], ...]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Stop as the bot does, pages first."""
        for task in self.parts:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def answer(
        self,
        text: str,
        drafts: tuple[str, ...] = (),
        speaker: Speaker = Speaker.BOT,
        judged: Thumb | None = None,
    ) -> None:
        """Write a reply to the last message as the bot does: signs of life, sending, then the commit."""
        address: Address = self.talk.address
        for draft in drafts:
            await self.web.show(address, Sign(draft))
            await asyncio.sleep(0.03)
        await self.web.send(Part(address, text, "key"))
        self.talk.say(address, text, speaker, judged)


@asynccontextmanager
async def site(
    talk: Talk | None = None, settings: WebSettings | None = None, pace: Pace = QUICK, port: int = 0
) -> AsyncIterator[Site]:
    """Serve until the block ends."""
    talk = talk or Talk()
    web = Web(settings or WebSettings(), pace)
    server = HttpServer(build_app(web.endpoints(talk, talk)), HttpSettings(port=port))
    parts = (asyncio.create_task(web.receive(talk)), asyncio.create_task(server.serve()))
    await asyncio.sleep(0)
    opened = Site(web, talk, server.port, parts)
    try:
        yield opened
    finally:
        await opened.stop()
