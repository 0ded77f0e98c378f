"""Asks every check, ours and the connectors', what it finds. Checks run side by side and cannot stop one another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import connectors
from bot.errors import PalaverError
from bot.findings import Finding, fail
from bot.operations import checks
from bot.operations.redaction import Redactor, known_secrets
from bot.plugins import load_plugin, plugin_names

Examine: TypeAlias = Callable[[], Awaitable[list[Finding]]]

SECONDS = 15.0
"""How long one check may take."""


async def examine_all(seconds: float = SECONDS) -> list[Finding]:
    """Return what all checks find, in a steady order. Raises nothing of theirs."""
    asked = dict(_examinations())
    answers = await asyncio.gather(*(_ask(name, examine, seconds) for name, examine in asked.items()))
    redactor = Redactor(known_secrets())
    return [
        replace(finding, text=redactor.clean(finding.text), advice=redactor.clean(finding.advice))
        for findings in answers
        for finding in findings
    ]


def _examinations() -> Iterator[tuple[str, Examine]]:
    for package in (checks, connectors):
        for name in plugin_names(package):
            examine = getattr(load_plugin(package, name), "examine", None)
            if examine is not None:
                yield name, examine


async def _ask(name: str, examine: Examine, seconds: float) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await examine()
    except TimeoutError:
        return [fail(name, f"No answer within {seconds:g} seconds.", "See whether it is reachable from this machine.")]
    except PalaverError as error:
        return [fail(name, str(error), "Correct this, then run `palaver doctor` again.")]
    except Exception as error:
        return [fail(name, f"Could not be examined: {type(error).__name__}.", "Please report this as a bug.")]
