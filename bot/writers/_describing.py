"""Fills in what the checkpoint of a version says of itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.errors import ModelRefused
from bot.versions import Version
from nlg.errors import CheckpointError
from nlg.serving.describing import describe


async def described(version: Version) -> Version:
    """Return the version with its checkpoint's id and figures. Raises `ModelRefused`."""
    try:
        found = await asyncio.to_thread(describe, version.folder)
    except CheckpointError as error:
        raise ModelRefused(str(error)) from None
    return replace(version, checkpoint=found.id, figures=found.figures)
