"""Reads from the app's manifest what we ask of Slack."""

from __future__ import annotations

import re
from importlib.resources import files


def wanted_scopes() -> frozenset[str]:
    """Return the scopes that the bot token should have. Read line by line, for this alone needs no YAML library."""
    text = files("connectors.slack").joinpath("manifest.yaml").read_text("utf-8")
    _, _, scopes = text.partition("\n    bot:\n")
    scopes, _, _ = scopes.partition("\nsettings:")
    return frozenset(re.findall(r"^ +- ([\w.:]+)", scopes, re.MULTILINE))
