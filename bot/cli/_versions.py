"""How versions of a model are shown in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.store.rollout.versions import Staging
from bot.versions import Version


def stage(version: Version) -> str:
    """Return the stage, with the share where it has one."""
    return f"{version.stage} {version.share:.3g}" if version.share else str(version.stage)


def in_a_line(version: Version) -> str:
    """One version in columns, what is unknown left out."""
    millions = version.figures.get("parameters", 0) / 1e6
    facts = [version.checkpoint, f"{millions:.1f} M" if millions else "", version.folder or version.queue]
    return f"{version.name:20} {stage(version):16} " + "  ".join(filter(None, facts))


def as_history(staging: Staging) -> str:
    """One change: when, what, by whom and why."""
    at = datetime.fromtimestamp(staging.at, UTC).strftime("%Y-%m-%d %H:%M")
    share = f" {staging.share:.3g}" if staging.share else ""
    why = staging.change.why or ", ".join(f"{name} {_short(value)}" for name, value in staging.change.detail.items())
    return f"{at} UTC  {staging.version:20} {staging.now}{share}  {staging.change.by}  {why}".rstrip()


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
