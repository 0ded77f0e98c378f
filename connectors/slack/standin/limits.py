"""Slack's limits for writing. What is too much gets 429 and a `Retry-After`.

Sources: docs.slack.dev/apis/web-api/rate-limits and the methods' own pages. The numbers are written out here once more,
not taken from the connector: who measures by the ruler of whom it measures finds nothing.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque

MINUTE = 60.0
A_MINUTE = {"chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.appendStream": 100}
"""Calls of a method in a workspace."""
POSTS = 300
"""Messages in a workspace: "several hundred per minute"."""
POSTING = ("chat.postMessage", "chat.startStream")
"""What makes a new message; one a second in a channel."""


class Limits:
    """Counts what was let through. `refused` is how often there was too much."""

    def __init__(self) -> None:
        self.refused = 0
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait(self, method: str, channel: str) -> int:
        """Count a call and return 0, or return the seconds until it may come again, a whole number as Slack's."""
        now = time.monotonic()
        lanes = list(_lanes(method, channel))
        wait = max((self._wait(name, most, seconds, now) for name, most, seconds in lanes), default=0.0)
        if wait > 0:
            self.refused += 1
            return math.ceil(wait)
        for name, _, _ in lanes:
            self._times[name].append(now)
        return 0

    def _wait(self, name: str, most: int, seconds: float, now: float) -> float:
        times = self._times[name]
        while times and times[0] <= now - seconds:
            times.popleft()
        return times[0] + seconds - now if len(times) >= most else 0.0


def _lanes(method: str, channel: str) -> list[tuple[str, int, float]]:
    posting = [(f"in {channel}", 1, 1.0), ("posts", POSTS, MINUTE)] if method in POSTING else []
    return [*posting, *([(method, A_MINUTE[method], MINUTE)] if method in A_MINUTE else [])]
