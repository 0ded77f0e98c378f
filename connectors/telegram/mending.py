"""What `palaver doctor --fix` sets right at Telegram: where updates go, and which."""

from __future__ import annotations

import asyncio

from bot.findings import Finding, fail, ok
from connectors.telegram.examination import REACH, REVOKED, SUBJECT, WITHIN
from connectors.telegram.settings import TelegramSettings


async def mend() -> list[Finding]:
    """Tell Telegram where we are if it thinks otherwise; return what was done. Raises `SettingsError`."""
    settings = TelegramSettings.load()
    if not settings.asked:
        return []
    settings.check()
    try:
        # Imported here, so that an installation without the `telegram` extra can be mended too.
        from telegram.error import EndPointNotFound, InvalidToken, TelegramError  # noqa: PLC0415

        from connectors.telegram.client import Client  # noqa: PLC0415
        from connectors.telegram.webhook import astray, tell  # noqa: PLC0415
    except ModuleNotFoundError as error:
        return [fail(SUBJECT, f"Telegram needs {error.name}.", "Install it: pip install 'palaver[telegram]'.")]
    client = Client(settings)
    try:
        async with asyncio.timeout(WITHIN):
            await client.open()
            if not astray(await client.bot.get_webhook_info(), settings):
                return []
            await tell(client, settings)
    except (InvalidToken, EndPointNotFound):
        return [fail(SUBJECT, "PALAVER_TELEGRAM_TOKEN is refused.", REVOKED)]
    except (TelegramError, TimeoutError) as error:  # its text may hold the token
        return [fail(SUBJECT, f"Telegram could not be told ({type(error).__name__}).", REACH)]
    finally:
        await client.close()
    where = "to deliver to our webhook" if settings.webhook_url else "that messages are fetched"
    return [ok(SUBJECT, f"Mended: Telegram was told {where}.")]
