"""A client that costs little: keeps its connections, writes prepared requests, and measures each answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

LENGTH = re.compile(rb"content-length: (\d+)", re.I)


@dataclass(frozen=True, slots=True)
class Measured:
    """`seconds` for all, `waits` for each answer in seconds, and how many were not 2xx."""

    seconds: float
    waits: tuple[float, ...]
    refused: int

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return the wait that so many percent did not exceed, in milliseconds."""
        return 1000 * quantiles(self.waits, n=100, method="inclusive")[percent - 1]


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a POST as it goes over the wire."""
    fields = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    head = "\r\n".join([f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())])
    return head.encode() + b"\r\n\r\n" + body


async def press(port: int, requests: Sequence[bytes], clients: int) -> Measured:
    """Send the requests with so many clients at once, each the next one as soon as it has its answer."""
    waits: list[float] = []
    refused = 0
    left = iter(requests)

    async def client() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for wire in left:
            began = time.perf_counter()
            writer.write(wire)
            refused += not await taken(reader)
            waits.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Measured(time.perf_counter() - began, tuple(waits), refused)


async def taken(reader: asyncio.StreamReader) -> bool:
    """Read an answer to its end, and return whether it is 2xx. Raises `asyncio.IncompleteReadError` for a cut line."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is not None:
        await reader.readexactly(int(length[1]))
    elif b"chunked" in head.lower():
        await reader.readuntil(b"0\r\n\r\n")
    return head.startswith((b"HTTP/1.1 2",))
