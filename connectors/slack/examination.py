"""What `palaver doctor` finds out about Slack. Nothing is posted and no socket opened."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.errors import DeliveryError, Locked, Refused
from bot.findings import Finding, Level, fail, ok, warn
from connectors.slack.manifest import wanted_scopes
from connectors.slack.settings import SlackSettings

if TYPE_CHECKING:
    from connectors.slack.api import Api

SUBJECT = "slack"
VITAL = frozenset({"app_mentions:read", "chat:write", "im:history"})
"""Without these scopes nobody is heard or answered."""
SECRET = re.compile(r"[0-9a-f]{32}")

REACH = "See whether this machine reaches Slack (and PALAVER_SLACK_API_BASE), then run `palaver doctor` again."
INSTALL = "Install the app again and copy the new bot token (docs/slack.md)."
CONNECT = "Switch Socket Mode on, give the app token the scope connections:write, and copy it again (docs/slack.md)."
REINSTALL = "Paste connectors/slack/manifest.yaml into the app's manifest again and reinstall the app."


async def examine() -> list[Finding]:
    """Return what is right and wrong, nothing where Slack is not set up. Raises `SettingsError`."""
    settings = SlackSettings.load()
    if not settings.asked:
        return []
    settings.check()
    try:
        # Imported here, so that an installation without the `slack` extra can be examined too.
        from connectors.slack.api import Api  # noqa: PLC0415
    except ModuleNotFoundError as error:
        return [fail(SUBJECT, f"Slack needs {error.name}.", "Install it: pip install 'palaver[slack]'.")]
    api = Api(settings)
    asked = [_bot(api), *([_socket(api)] if settings.app_token else [])]
    answers = await asyncio.gather(*asked)
    return [*(finding for findings in answers for finding in findings), *_signing(settings)]


async def _bot(api: Api) -> list[Finding]:
    return await _asked("PALAVER_SLACK_BOT_TOKEN", api.identity, INSTALL, _signed_in)


async def _socket(api: Api) -> list[Finding]:
    return await _asked("PALAVER_SLACK_APP_TOKEN", api.socket_address, CONNECT, _connectable)


async def _asked(
    token: str, ask: Callable[[], Awaitable[Any]], remedy: str, read: Callable[[Any], list[Finding]]
) -> list[Finding]:
    try:
        return read(await ask())
    except (Locked, Refused) as error:
        return [fail(SUBJECT, f"{token} is refused ({error}).", remedy)]
    except DeliveryError as error:
        return [fail(SUBJECT, f"{token} could not be tried ({error}).", REACH)]


def _signed_in(answer: Any) -> list[Finding]:
    who, where = answer.get("user"), answer.get("team")
    ids = f"{answer.get('user_id')}, {answer.get('team_id')}"
    return [ok(SUBJECT, f"Signed in as {who} in the workspace {where} ({ids})."), _scopes(answer.headers)]


def _scopes(headers: Any) -> Finding:
    told, wanted = headers.get("x-oauth-scopes"), wanted_scopes()
    if told is None:
        return warn(SUBJECT, "Slack did not say which scopes the bot token has.", "Compare them with the manifest.")
    missing = wanted - set(re.split(r"[\s,]+", told))
    if not missing:
        return ok(SUBJECT, f"All {len(wanted)} scopes are granted.")
    level = Level.FAIL if VITAL & missing else Level.WARN
    return Finding(SUBJECT, level, f"The bot token lacks {', '.join(sorted(missing))}.", REINSTALL)


def _connectable(_: Any) -> list[Finding]:
    return [ok(SUBJECT, "Socket Mode can be opened.")]


def _signing(settings: SlackSettings) -> list[Finding]:
    if settings.signing_secret is None:
        return []
    if not SECRET.fullmatch(settings.signing_secret.get_secret_value()):
        advice = "Copy it from Basic Information, App Credentials, or every request gets 401."
        return [warn(SUBJECT, "PALAVER_SLACK_SIGNING_SECRET is not 32 digits of 0-9 a-f, as Slack's are.", advice)]
    return [ok(SUBJECT, "Over HTTP requests are checked with the signing secret.")]
