"""Can the HTTP server have its port, or does a Palaver answer there already?"""

from __future__ import annotations

import httpx

from bot.errors import SettingsError
from bot.findings import Finding, fail, ok
from bot.http.server import listen
from bot.http.settings import HttpSettings


async def examine() -> list[Finding]:
    settings = HttpSettings.load()
    where = f"{settings.host}:{settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except SettingsError as error:
        if await _is_palaver(settings):
            return [ok("port", f"A running Palaver answers on {where}.")]
        return [fail("port", f"{where} cannot be used.", str(error))]
    return [ok("port", f"{where} is free.")]


async def _is_palaver(settings: HttpSettings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            answer = await client.get(f"http://{host}:{settings.port}/healthz")
        return answer.status_code == 200 and answer.json() == {"alive": True}
    except (httpx.HTTPError, ValueError):
        return False
