"""The Web API: the methods that a bot like ours calls, with Slack's answers and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.slack.standin.blocks import InvalidBlocks, read_blocks
from connectors.slack.standin.faults import Chance, Fault, Faults
from connectors.slack.standin.limits import Limits
from connectors.slack.standin.workspace import Said, Workspace

MAX_TEXT = 40_000
Arguments = dict[str, Any]
Answer = dict[str, Any]


class No(Exception):
    """Slack's plain no: `{"ok": false, "error": ...}`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached us, at a time in monotonic seconds."""

    method: str
    arguments: Arguments
    at: float = field(default_factory=time.monotonic)


class WebApi:
    """`posted` is told of every message of the bot, `ticket` makes an address for a websocket."""

    def __init__(
        self,
        workspace: Workspace,
        tokens: tuple[str, str],
        posted: Callable[[str, Said], Awaitable[None]],
        ticket: Callable[[], str],
        chance: Chance | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.installed: dict[str, str] = {}
        """Tokens of other workspaces that have installed the app, each with its workspace."""
        self.lifetime = 0
        """Seconds that such tokens live; 0: for ever."""
        self.faults = Faults(chance)
        self.limits: Limits | None = None
        """Refuses what is too much, where it is set."""
        self._workspace = workspace
        self._bot_token, self._app_token = tokens
        self._posted = posted
        self._ticket = ticket
        self._used: set[str] = set()

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append(Call(method, arguments))
        fault = self.faults.next(method)
        if fault and not fault.accepted:
            return await fault.answer(request)
        wait = self.limits.wait(method, str(arguments.get("channel"))) if self.limits else 0
        if wait:
            return await Fault("ratelimited", 429, wait).answer(request)
        answer = await self._answer(method, arguments, request.headers.get("Authorization", ""))
        scopes = ",".join(sorted(self._workspace.scopes))
        headers = {"X-OAuth-Scopes": scopes} if scopes else {}
        return await fault.answer(request) if fault else web.json_response(answer, headers=headers)

    async def _answer(self, method: str, arguments: Arguments, authorization: str) -> Answer:
        try:
            self._authorize(method, authorization)
            if method not in METHODS:
                raise No("unknown_method")
            return {"ok": True, **await METHODS[method](self, arguments)}
        except (No, InvalidBlocks) as no:
            return {"ok": False, "error": str(no)}

    def _authorize(self, method: str, authorization: str) -> None:
        if method == "oauth.v2.access":
            return
        token = authorization.removeprefix("Bearer ")
        if not token:
            raise No("not_authed")
        if token not in (self._bot_token, self._app_token, *self.installed):
            raise No("invalid_auth")
        if (method == "apps.connections.open") != (token == self._app_token):
            raise No("not_allowed_token_type")

    async def _auth_test(self, _: Arguments) -> Answer:
        ids = {"team_id": self._workspace.team, "user_id": self._workspace.bot, "bot_id": "B0PALAVER"}
        return {"team": "Stand-in", "user": "palaver", **ids}

    async def _oauth_access(self, arguments: Arguments) -> Answer:
        """A code is `code-<team>`; a refresh token `refresh-<team>-<number>` is good once."""
        given = str(arguments.get("refresh_token") or arguments.get("code") or "")
        kind, _, rest = given.partition("-")
        team = rest.partition("-")[0]
        if kind not in ("code", "refresh") or given in self._used:
            raise No("invalid_refresh_token" if kind == "refresh" else "invalid_code")
        self._used.add(given)
        number = len(self._used)
        token = f"xoxb-{team}-{number}"
        self.installed = {old: where for old, where in self.installed.items() if where != team} | {token: team}
        expiring = {"expires_in": self.lifetime, "refresh_token": f"refresh-{team}-{number}"} if self.lifetime else {}
        who = {"team": {"id": team, "name": team}, "bot_user_id": "U0PALAVER", "authed_user": {"id": "U0ANN"}}
        return (
            {"app_id": "A0PALAVER", "token_type": "bot", "access_token": token, "scope": "chat:write"} | who | expiring
        )

    async def _connections_open(self, _: Arguments) -> Answer:
        return {"url": self._ticket()}

    async def _post(self, arguments: Arguments) -> Answer:
        channel, text = self._checked(arguments)
        said: Said = {
            "type": "message",
            "user": self._workspace.bot,
            "bot_id": "B0PALAVER",
            "text": text,
            "ts": self._workspace.now(),
            **{name: arguments[name] for name in ("thread_ts", "metadata") if arguments.get(name)},
            **read_blocks(arguments.get("blocks")),
        }
        await self._workspace.add(channel, said)
        await self._posted(channel, said)
        return {"channel": channel, "ts": said["ts"], "message": said}

    async def _update(self, arguments: Arguments) -> Answer:
        channel, text = self._checked(arguments)
        said = self._workspace.find(channel, str(arguments.get("ts")))
        if said is None or not said.get("bot_id"):
            raise No("message_not_found" if said is None else "cant_update_message")
        if said.get("streaming"):
            raise No("cant_update_message")
        said["text"] = text
        await self._workspace.changed()
        return {"channel": channel, "ts": said["ts"], "text": text}

    async def _start_stream(self, arguments: Arguments) -> Answer:
        channel = str(arguments.get("channel") or "")
        if not arguments.get("thread_ts"):
            raise No("invalid_thread_ts")
        if self._workspace.kind(channel) == "channel" and not arguments.get("recipient_user_id"):
            raise No("missing_recipient_user_id")
        text = str(arguments.get("markdown_text") or "")
        said: Said = {"type": "message", "user": self._workspace.bot, "bot_id": "B0PALAVER", "text": text}
        said |= {"ts": self._workspace.now(), "thread_ts": arguments["thread_ts"], "streaming": True}
        await self._workspace.add(channel, said)
        self._workspace.sessions[channel, said["thread_ts"]] = "processing"
        return {"channel": channel, "ts": said["ts"]}

    async def _append_stream(self, arguments: Arguments) -> Answer:
        said = self._streaming(arguments)
        said["text"] += str(arguments.get("markdown_text") or "")
        return {"channel": arguments["channel"], "ts": said["ts"]}

    async def _stop_stream(self, arguments: Arguments) -> Answer:
        said = self._streaming(arguments)
        said["text"] += str(arguments.get("markdown_text") or "")
        said["streaming"] = False
        if arguments.get("session_status"):
            self._set_session(said.get("thread_ts"), {**arguments, "status": arguments["session_status"]})
        await self._workspace.changed()
        said |= {name: arguments[name] for name in ("metadata",) if arguments.get(name)}
        return {"channel": arguments["channel"], "ts": said["ts"]}

    def _streaming(self, arguments: Arguments) -> Said:
        said = self._workspace.find(str(arguments.get("channel")), str(arguments.get("ts")))
        if said is None:
            raise No("message_not_found")
        if not said.get("streaming"):
            raise No("message_not_in_streaming_state")
        return said

    async def _session_status(self, arguments: Arguments) -> Answer:
        self._set_session(arguments.get("thread_ts"), {**arguments, "channel": arguments.get("channel_id")})
        return {}

    def _set_session(self, thread: object, arguments: Arguments) -> None:
        if arguments["status"] not in ("active", "processing", "suspended", "closed"):
            raise No("invalid_status")
        self._workspace.sessions[str(arguments["channel"]), str(thread)] = str(arguments["status"])

    async def _taken(self, _: Arguments) -> Answer:
        return {}

    def _checked(self, arguments: Arguments) -> tuple[str, str]:
        channel, text = str(arguments.get("channel") or ""), _words(arguments)
        if not channel or channel in self._workspace.closed:
            raise No(self._workspace.closed.get(channel, "channel_not_found"))
        if not text:
            raise No("no_text")
        if len(text) > MAX_TEXT:
            raise No("msg_too_long")
        return channel, text

    async def _history(self, arguments: Arguments) -> Answer:
        told = [said for said in self._told(arguments) if said.get("thread_ts", said["ts"]) == said["ts"]]
        return _page(told[::-1], arguments)

    async def _replies(self, arguments: Arguments) -> Answer:
        root = str(arguments.get("ts"))
        told = [said for said in self._told(arguments) if root in (said["ts"], said.get("thread_ts"))]
        if self._workspace.find(str(arguments.get("channel")), root) is None:
            raise No("thread_not_found")
        return _page(told, arguments)

    def _told(self, arguments: Arguments) -> list[Said]:
        oldest = float(arguments.get("oldest") or 0)
        told = [said for said in self._workspace.said(str(arguments.get("channel"))) if float(said["ts"]) > oldest]
        if str(arguments.get("include_all_metadata")) in ("1", "True", "true"):
            return told
        return [{name: value for name, value in said.items() if name != "metadata"} for said in told]

    async def _set_status(self, arguments: Arguments) -> Answer:
        if not arguments.get("thread_ts"):
            raise No("invalid_thread_ts")
        return {}


def _words(arguments: Arguments) -> str:
    text, markdown = str(arguments.get("text") or ""), str(arguments.get("markdown_text") or "")
    if text and markdown:
        raise No("markdown_text_conflict")
    return text or markdown


def _page(told: list[Said], arguments: Arguments) -> Answer:
    start, size = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
    rest = str(start + size) if len(told) > start + size else ""
    return {"messages": told[start : start + size], "response_metadata": {"next_cursor": rest}}


async def _arguments(request: web.Request) -> Arguments:
    """Slack takes a query, a form or JSON, whatever the method."""
    if request.content_type == "application/json":
        return {**request.query, **json.loads(await request.text() or "{}")}
    return {**request.query, **await request.post()}


METHODS: dict[str, Callable[[WebApi, Arguments], Awaitable[Answer]]] = {
    "agents.sessions.setStatus": WebApi._session_status,
    "apps.connections.open": WebApi._connections_open,
    "assistant.threads.setStatus": WebApi._set_status,
    "assistant.threads.setSuggestedPrompts": WebApi._taken,
    "assistant.threads.setTitle": WebApi._set_status,
    "auth.test": WebApi._auth_test,
    "chat.appendStream": WebApi._append_stream,
    "chat.postMessage": WebApi._post,
    "chat.startStream": WebApi._start_stream,
    "chat.stopStream": WebApi._stop_stream,
    "chat.update": WebApi._update,
    "conversations.history": WebApi._history,
    "conversations.replies": WebApi._replies,
    "oauth.v2.access": WebApi._oauth_access,
    "views.publish": WebApi._taken,
}
