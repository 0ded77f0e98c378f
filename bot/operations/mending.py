"""Lets every connector set right what it can by itself, for `palaver doctor --fix`."""

from __future__ import annotations

import connectors
from bot.errors import PalaverError
from bot.findings import Finding, fail
from bot.plugins import load_plugin, plugin_names


async def mend_all() -> list[Finding]:
    """Return what was mended, or could not be. Raises nothing of theirs."""
    findings: list[Finding] = []
    for name in plugin_names(connectors):
        mend = getattr(load_plugin(connectors, name), "mend", None)
        if mend is not None:
            try:
                findings += await mend()
            except PalaverError as error:
                findings.append(fail(name, str(error), "Correct this, then run `palaver doctor --fix` again."))
    return findings
