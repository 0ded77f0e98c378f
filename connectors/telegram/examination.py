"""What `palaver doctor` finds out about the Telegram bot. Nothing is changed, no update taken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.findings import Finding, fail, ok, warn
from connectors.telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from telegram import User, WebhookInfo

SUBJECT = "telegram"
WITHIN = 12.0
"""Seconds for all calls together."""
RECENT = timedelta(hours=1)
MANY = 100

REACH = "See whether this machine reaches Telegram (and PALAVER_TELEGRAM_API_BASE), then run `palaver doctor` again."
REVOKED = "Copy it again from @BotFather; it may have been revoked."
RESTART = "Run `palaver doctor --fix`. If it comes back, another program uses this token: stop one of the two."
OUTSIDE = (
    "Try that address from outside: its certificate, and whether a proxy lets POST through. 403: start Palaver again."
)
PRIVACY = "Send /setprivacy to @BotFather and choose Enable, then add the bot to its groups again."
WAITING = "Start Palaver, or see in its log why it takes none. Telegram keeps them for 24 hours."


async def examine() -> list[Finding]:
    """Return what is right and wrong, nothing where Telegram is not set up. Raises `SettingsError`."""
    settings = TelegramSettings.load()
    if not settings.asked:
        return []
    settings.check()
    try:
        # Imported here, so that an installation without the `telegram` extra can be examined too.
        from telegram.error import EndPointNotFound, InvalidToken, TelegramError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        return [fail(SUBJECT, f"Telegram needs {error.name}.", "Install it: pip install 'palaver[telegram]'.")]
    try:
        async with asyncio.timeout(WITHIN):
            me, hook = await _ask(settings)
    except (InvalidToken, EndPointNotFound):
        return [fail(SUBJECT, "PALAVER_TELEGRAM_TOKEN is refused.", REVOKED)]
    except (TelegramError, TimeoutError) as error:  # its text may hold the token
        return [fail(SUBJECT, f"Telegram could not be asked ({type(error).__name__}).", REACH)]
    return [*_who(me), *_webhook(settings.webhook_url, hook, datetime.now(UTC))]


async def _ask(settings: TelegramSettings) -> tuple[User, WebhookInfo]:
    from connectors.telegram.client import Client  # noqa: PLC0415 - see above

    client = Client(settings)
    try:
        await client.open()
        return await client.bot.get_me(), await client.bot.get_webhook_info()
    finally:
        await client.close()


def _who(me: User) -> Iterator[Finding]:
    yield ok(SUBJECT, f"Signed in as @{me.username} ({me.id}).")
    if me.can_read_all_group_messages:
        yield warn(SUBJECT, "Privacy mode is off: Telegram sends here all that is said in the bot's groups.", PRIVACY)
    else:
        yield ok(SUBJECT, "Privacy mode is on: of groups Telegram passes on only commands, replies and mentions.")


def _webhook(wanted: str, hook: WebhookInfo, now: datetime) -> Iterator[Finding]:
    from connectors.telegram.updates import ASKED_FOR  # noqa: PLC0415 - see above

    yield _place(wanted, hook.url)
    if hook.url and hook.last_error_date is not None and now - hook.last_error_date < RECENT:
        ago = (now - hook.last_error_date) // timedelta(minutes=1)
        yield warn(SUBJECT, f"A delivery failed {ago} minutes ago: {hook.last_error_message}.", OUTSIDE)
    if hook.pending_update_count >= MANY:
        yield warn(SUBJECT, f"{hook.pending_update_count} updates wait at Telegram.", WAITING)
    missing = set(ASKED_FOR) - set(hook.allowed_updates or ASKED_FOR)  # none named: all that we ask for come
    if missing:
        yield warn(SUBJECT, f"Telegram was told not to deliver {', '.join(sorted(missing))}.", RESTART)


def _place(wanted: str, found: str) -> Finding:
    """Addresses are shown without their path, which often is a secret."""
    if found == wanted:
        return ok(SUBJECT, f"Telegram delivers to {_host(found)}." if found else "Messages are fetched.")
    if not wanted:
        text = f"A webhook is set ({_host(found)}), so messages cannot be fetched."
        return fail(SUBJECT, text, RESTART)
    if not found:
        return fail(SUBJECT, "The webhook is not set.", RESTART)
    return fail(SUBJECT, f"The webhook is set to another address ({_host(found)}), not to ours.", RESTART)


def _host(url: str) -> str:
    return urlsplit(url).hostname or "an address without a host"
