"""How carefully new versions are brought to people."""

from __future__ import annotations

from pydantic import Field

from bot.settings import Section


class RolloutSettings(Section, env_prefix="PALAVER_ROLLOUT_", table="rollout"):
    """`automatic` takes a canary back that does worse than production; `error` bounds how often one that does not is.

    `shadows`: how many replies of shadows one process writes at once.
    """

    automatic: bool = True
    error: float = Field(0.01, gt=0, lt=0.5)
    shadows: int = Field(2, ge=1, le=64)
