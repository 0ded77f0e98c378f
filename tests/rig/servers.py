"""Servers that a trial needs and this machine may not have, and that nothing of them is left behind."""

from __future__ import annotations

import signal


class Unavailable(Exception):
    """A server, or the right to use it, is missing here. The message says which."""


def end_in_order() -> None:
    """Let SIGTERM end this process as Ctrl-C does: what was started is stopped, what was made is removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
