"""Tells a queue that is too long from one that is just being worked off (CoDel: Nichols and Jacobson, 2012)."""

from __future__ import annotations

import threading

SHARE = 0.25
"""A prompt should be begun within this share of its time; the rest is for writing and for the way back."""

STANDING_SECONDS = 1.0
"""A queue that has been too long for so long will not get shorter by itself."""


class Crowding:
    """Watches how long prompts have waited when they are taken. Safe in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    def refuses(self, waited: float, seconds: float, now: float) -> bool:
        """Whether a prompt that `waited` of its `seconds` should be told that all are busy, rather than be late.

        After a broker or a worker came back, old prompts are worked off without a refusal: they grow younger.
        """
        with self._lock:
            if waited <= SHARE * seconds:
                self._since = None
                return False
            if self._since is None:
                self._since = now
            return now - self._since >= STANDING_SECONDS
