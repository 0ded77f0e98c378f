"""Servers that a trial needs and this machine may not have."""

from __future__ import annotations


class Unavailable(Exception):
    """A server, or the right to use it, is missing here. The message says which."""
