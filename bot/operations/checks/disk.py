"""Is there room for what will be said?"""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.findings import Finding, fail, ok, warn

LEAST, LITTLE = 200, 1000
"""Megabytes."""


async def examine() -> list[Finding]:
    free = shutil.disk_usage(Path.cwd()).free // 1_000_000
    if free < LEAST:
        return [fail("disk", f"{free} MB are free here.", f"Free at least {LEAST} MB, or new messages cannot be kept.")]
    if free < LITTLE:
        return [warn("disk", f"{free} MB are free here.", "Make room soon.")]
    return [ok("disk", f"{free // 1000} GB are free here.")]
