"""Puts the parts of the stand-in together behind one small face."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from connectors.slack.standin.blocks import find_button
from connectors.slack.standin.deliveries import Delivery, Transport, carry
from connectors.slack.standin.faults import Chance, Fault
from connectors.slack.standin.limits import Limits
from connectors.slack.standin.requests import Requests
from connectors.slack.standin.sockets import Sockets
from connectors.slack.standin.web_api import Call, WebApi
from connectors.slack.standin.workspace import Said, Workspace


class StandIn:
    """A local Slack. With `events_url` it posts events there, without it speaks Socket Mode.

    `patience` is how many seconds it waits for an answer (Slack: 3), `scale` shortens the minutes between retries,
    `limited` turns on Slack's limits for writing, `chance` says how often a call goes wrong by itself.
    """

    bot_token = "xoxb-stand-in"  # noqa: S105 - good for nothing but this stand-in
    app_token = "xapp-stand-in"  # noqa: S105
    signing_secret = "stand-in-signing-secret"  # noqa: S105

    def __init__(
        self,
        events_url: str = "",
        patience: float = 3.0,
        scale: float = 1.0,
        team: str = "T0STANDIN",
        bot: str = "U0PALAVER",
        limited: bool = False,
        chance: Chance | None = None,
    ) -> None:
        self.workspace = Workspace(team, bot)
        self.sockets = Sockets(patience)
        self.deliveries: list[Delivery] = []
        self._api = WebApi(self.workspace, (self.bot_token, self.app_token), self._echo, self._socket_url, chance)
        self._api.limits = Limits() if limited else None
        self._patience, self._scale = patience, scale
        self._transport: Transport = self.sockets
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: dict[str, int] = {}
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._address = ""
        if events_url:
            self.post_to(events_url)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api.handle)
        app.router.add_get("/link", self.sockets.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.sockets.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://{self._address}/api/"

    @property
    def api(self) -> WebApi:
        """The Web API's own state, such as which workspaces have installed the app."""
        return self._api

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API, oldest first."""
        return self._api.calls

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot uses this stand-in."""
        return {
            "PALAVER_SLACK_BOT_TOKEN": self.bot_token,
            "PALAVER_SLACK_APP_TOKEN": self.app_token,
            "PALAVER_SLACK_API_BASE": self.api_url,
        }

    async def exchange(self, text: str, seconds: float = 60.0) -> str:
        """Say something in a direct message and return the bot's whole reply. Raises `TimeoutError`."""
        await self.say(text)
        return str((await self.workspace.whole(await self.reply(timeout=seconds), seconds))["text"])

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def post_to(self, url: str) -> None:
        """Deliver over HTTP from now on."""
        self._transport = Requests(url, self.signing_secret.encode(), self._patience)

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method go wrong."""
        self._api.faults.add(method, fault, times)

    async def say(
        self,
        text: str,
        channel: str = "D0PERSON",
        user: str = "U0PERSON",
        thread: str = "",
        mention: bool = False,
        **fields: Any,
    ) -> str:
        """Let a person write, and deliver the events that Slack makes of it. Returns the message's ts."""
        words = f"<@{self.workspace.bot}> {text}" if mention else text
        said: Said = {"type": "message", "user": user, "text": words, "ts": self.workspace.now(), **fields}
        if thread:
            said["thread_ts"] = thread
        await self.workspace.add(channel, said)
        self.event({**said, "channel": channel, "channel_type": self.workspace.kind(channel)})
        if mention and self.workspace.kind(channel) == "channel":
            self.event({**said, "type": "app_mention", "channel": channel})
        return str(said["ts"])

    async def edit(self, channel: str, ts: str, text: str) -> None:
        said = self.workspace.find(channel, ts)
        if said is None:
            raise LookupError(ts)
        before = dict(said)
        said |= {"text": text, "edited": {"user": said["user"], "ts": self.workspace.now()}}
        self._happened(channel, "message_changed", message=dict(said), previous_message=before)

    async def delete(self, channel: str, ts: str) -> None:
        said = self.workspace.find(channel, ts)
        if said is None:
            raise LookupError(ts)
        self.workspace.said(channel).remove(said)
        self._happened(channel, "message_deleted", deleted_ts=ts, previous_message=said)

    async def command(
        self, text: str, channel: str = "D0PERSON", user: str = "U0PERSON", name: str = "/palaver"
    ) -> None:
        """Let a person type a slash command."""
        number = f"{next(self._ids)}.{self.workspace.now()}"
        fields = {"command": name, "text": text, "channel_id": channel, "user_id": user, "trigger_id": number}
        self.deliver("slash_commands", {"team_id": self.workspace.team, "api_app_id": "A0PALAVER", **fields})

    async def judge(
        self, ts: str, thumb: str, channel: str = "D0PERSON", user: str = "U0PERSON", **fields: Any
    ) -> Delivery:
        """Let a person press a feedback button (`positive` or `negative`) below a message. Raises `LookupError`."""
        said = self.workspace.find(channel, ts)
        if said is None:
            raise LookupError(ts)
        action = {**find_button(said, thumb), "action_ts": self.workspace.now()}
        payload = {
            "type": "block_actions",
            "team": {"id": self.workspace.team},
            "channel": {"id": channel},
            "user": {"id": user, "team_id": self.workspace.team},
            "trigger_id": f"{next(self._ids)}.{self.workspace.now()}",
            "message": dict(said),
            "actions": [action],
        }
        return self.deliver("interactive", {**payload, **fields})

    def event(self, event: dict[str, Any], **envelope: Any) -> Delivery:
        """Deliver one event of the Events API."""
        bot = {"team_id": self.workspace.team, "user_id": self.workspace.bot, "is_bot": True}
        payload = {
            "type": "event_callback",
            "team_id": self.workspace.team,
            "api_app_id": "A0PALAVER",
            "event": {"event_ts": event.get("ts", ""), **event},
            "event_id": f"Ev{next(self._ids):08d}",
            "event_time": int(time.time()),
            "authorizations": [bot],
        }
        return self.deliver("events_api", {**payload, **envelope})

    def deliver(self, kind: str, payload: dict[str, Any]) -> Delivery:
        """Deliver anything. The same payload again is what Slack does when it is unsure."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        self._run(carry(delivery, self._transport, self._scale))
        return delivery

    def posted(self, channel: str) -> list[Said]:
        """Return what the bot posted in a channel, oldest first."""
        return self.workspace.posted(channel)

    async def reply(self, channel: str = "D0PERSON", timeout: float = 10.0) -> Said:  # noqa: ASYNC109 - reads well
        """Wait for the bot's next post in a channel. Raises `TimeoutError`."""
        number = self._seen.get(channel, 0)
        said = await self.workspace.nth_post(channel, number, timeout)
        self._seen[channel] = number + 1
        return said

    async def settled(self, seconds: float = 10.0) -> None:
        """Wait until every delivery so far was taken or given up. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            for delivery in list(self.deliveries):
                await delivery.ended.wait()

    def _happened(self, channel: str, subtype: str, **fields: Any) -> None:
        where = {"channel": channel, "channel_type": self.workspace.kind(channel)}
        self.event(
            {"type": "message", "subtype": subtype, "hidden": True, "ts": self.workspace.now(), **where, **fields}
        )

    async def _echo(self, channel: str, said: Said) -> None:
        """Slack tells a bot of its own messages, too."""
        self.event({**said, "channel": channel, "channel_type": self.workspace.kind(channel)})

    def _socket_url(self) -> str:
        return f"ws://{self._address}/link?ticket={self.sockets.ticket()}"

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
