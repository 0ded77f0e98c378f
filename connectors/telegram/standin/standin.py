"""The stand-in itself: what a person does in Telegram, and what the bot did there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connectors.telegram.growing import MORE
from connectors.telegram.standin.answers import Failed, Params, read_params
from connectors.telegram.standin.bell import Bell
from connectors.telegram.standin.courier import Courier, Delivery
from connectors.telegram.standin.faults import Chance, Fault, Faults, Flood
from connectors.telegram.standin.keyboards import find_button
from connectors.telegram.standin.methods import Methods
from connectors.telegram.standin.server import Local
from connectors.telegram.standin.updates import Updates
from connectors.telegram.standin.world import World, person, rewrite, words

TOKEN = "123456789:a-token-of-the-stand-in-only"  # noqa: S105 - it opens nothing
PERSON = 1001
SUPERGROUP = -1_000_000_000_000


@dataclass(slots=True)
class Call:
    """One call of the bot, from `at` (monotonic seconds) on.

    `status` is `None` until it is answered, 0 where the connection was closed instead of an answer. `message` is the
    number of the message that it wrote or changed, whether or not the bot was told so.
    """

    method: str
    params: Params
    at: float
    status: int | None = None
    message: int | None = None


class StandIn:
    """`async with StandIn() as telegram:` runs it at `telegram.url`.

    `pace` shortens the pauses between deliveries to a webhook; `flood` turns Telegram's sending limits on, `rich` rich
    messages (Bot API 10.1); `chance` lets some calls go wrong by themselves. `calls` are
    the calls of the bot so far, `deliveries` the attempts to reach its webhook.
    """

    def __init__(
        self,
        token: str = TOKEN,
        username: str = "standin_bot",
        pace: float = 1.0,
        *,
        flood: bool = False,
        rich: bool = False,
        chance: Chance | None = None,
        port: int = 0,
    ) -> None:
        self.token = token
        self.calls: list[Call] = []
        self.revoked = False
        self._bell = Bell()
        self._world = World(int(token.partition(":")[0]), username)
        self._updates = Updates(self._bell)
        self._courier = Courier(self._updates, self._bell, pace)
        self.faults = Faults(chance)
        methods = Methods(self._world, self._updates, self._courier)
        methods.flood = Flood() if flood else None
        methods.rich = rich
        self._methods = methods.table()
        self._port = port
        self._local = Local(Starlette(routes=[Route("/{bot}/{method}", self._serve, methods=["GET", "POST"])]))
        self._delivering: asyncio.Task[None] | None = None
        self._read: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        await self._local.start(self._port)
        self._delivering = asyncio.create_task(self._courier.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._updates.closed = True
        self._bell.ring()
        if self._delivering is not None:
            self._delivering.cancel()
            with suppress(asyncio.CancelledError):
                await self._delivering
        await self._local.stop()

    # What people do.

    @property
    def url(self) -> str:
        """The address for PALAVER_TELEGRAM_API_BASE."""
        return self._local.url

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot uses this stand-in."""
        return {"PALAVER_TELEGRAM_TOKEN": self.token, "PALAVER_TELEGRAM_API_BASE": self.url}

    @property
    def deliveries(self) -> list[Delivery]:
        return self._courier.deliveries

    @property
    def by_webhook(self) -> bool:
        """Whether the bot has set a webhook."""
        return bool(self._updates.hook.url)

    @property
    def waiting(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._updates.waiting)

    async def say(
        self,
        text: str = "",
        *,
        chat: int = PERSON,
        sender: int | None = None,
        topic: int | None = None,
        reply_to: int | None = None,
        language: str = "en",
        **content: Any,
    ) -> dict[str, Any]:
        """Let somebody write, and return the message. A positive chat is private, a negative one a group.

        `content` holds other fields of a message, such as `photo` or `caption`.
        """
        said = words(text) if text else words(content["caption"], "caption") if "caption" in content else {}
        before = self._world.find(chat, reply_to)
        if before is not None:
            said |= {"reply_to_message": before}
        who = person(sender or (chat if chat > 0 else PERSON), language)
        message = self._world.write(chat, who, topic, **(said | content))
        self._updates.put("message", dict(message))
        return message

    def know(self, chat: int) -> None:
        """Let a chat be there in which somebody has written before, however that reached the bot."""
        self._world.messages.setdefault(chat, [])

    async def exchange(self, text: str, seconds: float = 60.0) -> str:
        """Say something in a private chat and return the bot's whole reply. Raises `TimeoutError`."""
        await self.say(text)
        said = await self.reply(timeout=seconds)
        if not await self.until(lambda: not said["text"].endswith(MORE), seconds):
            raise TimeoutError(f"the reply was not finished within {seconds} s")
        return str(said["text"])

    async def edit(self, message: dict[str, Any], text: str) -> None:
        """Let the writer of a message change it."""
        rewrite(message, text)
        message["edit_date"] = int(time.time())
        self._updates.put("edited_message", dict(message))

    async def press(self, message: dict[str, Any], face: str, *, sender: int = PERSON, language: str = "en") -> None:
        """Let somebody press the button with this face below a message of the bot. Raises `LookupError`."""
        data = find_button(message, face)
        query = {"id": f"press-{self._updates.number}", "chat_instance": "stand-in", "data": data}
        self._updates.put("callback_query", query | {"from": person(sender, language), "message": dict(message)})

    async def push(self, update: dict[str, Any]) -> None:
        """Queue an update as it is, whatever it holds. Without an `update_id` it gets the next."""
        self._world.learn(update)
        self._updates.push({"update_id": self._updates.number} | update)

    async def migrate(self, chat: int, *, tell: bool = True) -> int:
        """Make a group a supergroup, and return its new id. Telegram says so in the old and in the new one."""
        new = SUPERGROUP + chat
        self._world.moved[chat] = new
        admin = person(PERSON, "en")
        told = (
            self._world.write(chat, admin, None, migrate_to_chat_id=new),
            self._world.write(new, admin, None, migrate_from_chat_id=chat),
        )
        for message in told if tell else ():
            self._updates.put("message", message)
        return new

    async def block(self, chat: int, *, blocked: bool = True) -> None:
        """Let a person block the bot, or a group throw it out; or take that back."""
        (self._world.blocked.add if blocked else self._world.blocked.discard)(chat)
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        member = {"chat": self._world.chat(chat), "from": person(PERSON, "en"), "date": int(time.time())}
        states = {"old_chat_member": before, "new_chat_member": after}
        states_of_us = {
            name: {"user": self._world.me, "status": status} | ({"until_date": 0} if status == "kicked" else {})
            for name, status in states.items()
        }
        self._updates.put("my_chat_member", member | states_of_us)

    def repeat(self, count: int = 1) -> None:
        """Deliver the last updates once more."""
        self._updates.repeat(count)

    def poll_at_most(self, seconds: float) -> None:
        """Answer long polls after this time, whatever they ask for."""
        self._updates.longest_poll = seconds

    def number_from(self, update_id: int) -> None:
        """Number the next updates from here, as Telegram does at random after a quiet week."""
        self._updates.number = update_id

    def fault(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method go wrong."""
        self.faults.add(method, fault, times)

    # What the bot did.

    def sent(self, chat: int = PERSON) -> list[dict[str, Any]]:
        """Return the messages of the bot in a chat, as they are now."""
        return [message for message in self._world.messages.get(chat, ()) if message["from"] is self._world.me]

    def as_guest(self, query: str) -> str:
        """Return what the bot has said to a guest's question, empty if nothing."""
        return str(self._world.inline.get(f"inline-{query}", {}).get("text", ""))

    def called(self, method: str) -> list[Call]:
        """Return the calls of one method, oldest first."""
        return [call for call in self.calls if call.method.lower() == method.lower()]

    async def reply(self, chat: int = PERSON, timeout: float = 10.0) -> dict[str, Any]:  # noqa: ASYNC109 - part of its promise
        """Return the bot's next message in a chat that was not returned yet. Raises `TimeoutError`."""
        number = self._read.get(chat, 0)
        if not await self.until(lambda: len(self.sent(chat)) > number, timeout):
            raise TimeoutError(f"no message of the bot in chat {chat} within {timeout} s")
        self._read[chat] = number + 1
        return self.sent(chat)[number]

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> bool:  # noqa: ASYNC109
        """Wait until something is so, looking after each change; return whether it is."""
        return await self._bell.until(condition, timeout)

    # The Bot API.

    async def _serve(self, request: Request) -> Response:
        method = request.path_params["method"]
        fault = self.faults.next(method)
        call = Call(method, Params({}), time.monotonic())
        self.calls.append(call)
        try:
            call.params = await read_params(request)
            self._bell.ring()
            response = await self._answer(request.path_params["bot"], call, fault)
        except Failed as failed:
            response = failed.response()
        call.status = 0 if fault.drop else response.status_code
        self._bell.ring()
        await asyncio.sleep(fault.delay)
        return Dropped() if fault.drop else response

    async def _answer(self, bot: str, call: Call, fault: Fault) -> Response:
        if not bot.startswith("bot") or call.method.lower() not in self._methods:
            raise Failed(404, "Not Found")
        if bot != f"bot{self.token}" or self.revoked:
            raise Failed(401, "Unauthorized")
        failure = fault.failure()
        if failure is not None and not fault.done:
            return _failed(failure)
        if (fault.drop or fault.body) and not fault.done:
            return Response(fault.body)
        result = await self._methods[call.method.lower()](call.params)
        call.message = result.get("message_id") if isinstance(result, dict) else None
        return JSONResponse({"ok": True, "result": result}) if failure is None else _failed(failure)


def _failed(failure: Failed) -> Response:
    """Return the error. A proxy's errors are pages, not JSON."""
    if failure.code in (502, 504):
        return HTMLResponse(f"<html><body><h1>{failure.code} {failure}</h1></body></html>", failure.code)
    return failure.response()


class Dropped(Response):
    """Announces an answer and does not give it: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
