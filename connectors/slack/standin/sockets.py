"""Slack's end of Socket Mode."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from aiohttp import WSMsgType, web

from connectors.slack.standin.deliveries import TAKEN, Delivery


class Sockets:
    """The open websockets of the app. An address is good once; envelopes are delivered again until acknowledged."""

    def __init__(self, patience: float) -> None:
        self.open: list[web.WebSocketResponse] = []
        self.opened = 0
        """How many websockets there were so far."""
        self.frozen = False
        """Dead without being closed: nothing is read, no ping answered."""
        self._patience = patience
        self._tickets: set[str] = set()
        self._numbers = itertools.count()
        self._waiting: dict[str, Delivery] = {}
        self._lines: dict[web.WebSocketResponse, asyncio.Transport] = {}
        self._connected = asyncio.Condition()

    def ticket(self) -> str:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if request.transport is not None:
            self._lines[socket] = request.transport
        await self._welcome(socket)
        try:
            await self._listen(socket)
        finally:
            self.open.remove(socket)
            self._lines.pop(socket, None)
        return socket

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        hello = {"type": "hello", "num_connections": len(self.open) + 1, "connection_info": {"app_id": "A0PALAVER"}}
        await socket.send_json(hello)
        async with self._connected:
            self.open.append(socket)
            self.opened += 1
            self._connected.notify_all()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            frame = await socket.receive()
            if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            if self.frozen:
                continue
            if frame.type is WSMsgType.PING:
                await socket.pong(frame.data)
            if frame.type is WSMsgType.TEXT:
                self._acknowledge(json.loads(frame.data))

    def _acknowledge(self, answer: dict[str, Any]) -> None:
        delivery = self._waiting.get(answer.get("envelope_id", ""))
        if delivery is not None:
            delivery.acknowledged.set()

    async def connected(self, count: int = 1, seconds: float = 10.0) -> None:
        """Wait until so many websockets have been opened. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), self._connected:
            await self._connected.wait_for(lambda: self.opened >= count and bool(self.open))

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every client to come again, as Slack does every few hours."""
        for socket in list(self.open):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}})

    async def send(self, frame: dict[str, Any]) -> None:
        """Send a frame as it is to every client."""
        for socket in list(self.open):
            await socket.send_json(frame)

    def cut(self) -> None:
        """Cut every connection without a goodbye."""
        for line in list(self._lines.values()):
            line.abort()

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> str:
        envelope = delivery.envelope()
        self._waiting[envelope] = delivery
        try:
            async with asyncio.timeout(self._patience):
                await self._send(delivery, envelope, number, reason)
                await delivery.acknowledged.wait()
        except (TimeoutError, OSError):
            return "timeout"
        return TAKEN

    async def _send(self, delivery: Delivery, envelope: str, number: int, reason: str) -> None:
        async with self._connected:
            await self._connected.wait_for(lambda: bool(self.open))
        message: dict[str, Any] = {
            "envelope_id": envelope,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            message |= {"retry_attempt": number, "retry_reason": reason}
        await self.open[-1].send_json(message)
