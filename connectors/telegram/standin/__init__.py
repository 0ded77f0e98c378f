"""A Telegram of one's own: a local Bot API server to try and test the bot with, without an account or a network."""

from __future__ import annotations

from connectors.telegram.standin.faults import Chance, Fault
from connectors.telegram.standin.standin import StandIn

__all__ = ["Chance", "Fault", "StandIn"]
