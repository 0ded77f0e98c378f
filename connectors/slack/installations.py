"""In which workspaces the app is installed, and with which tokens: in our database, encrypted.

slack_sdk's own stores keep tokens as plain text. Tokens that expire are renewed before they do.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from typing import Any

from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Refused
from bot.interfaces import Vault

log = logging.getLogger(__name__)

MINUTES_BEFORE = 120
"""Tokens live for twelve hours; they are renewed when less than this is left."""
STATE_SECONDS = 600.0


class Installations(AsyncInstallationStore):
    """One installation a workspace. Organisation-wide installations are not served (see docs/slack.md)."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def async_save(self, installation: Installation) -> None:
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        await self._vault.put(_name(bot.team_id), json.dumps(bot.to_dict(), default=str))

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - named by the library
        team_id: str | None,
        is_enterprise_install: bool | None = False,  # noqa: ARG002
    ) -> Bot | None:
        found = await self._vault.get(_name(team_id))
        return None if found is None else Bot(**_arguments(json.loads(found)))

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002
        await self._vault.drop(_name(team_id))

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def forget(self, payload: dict[str, Any]) -> None:
        """Forget workspaces that took the app or its token away, if Slack tells of that. Raises `StoreDown`."""
        for team in _left(payload):
            await self.async_delete_all(enterprise_id=None, team_id=team)


class Tokens:
    """The token for each workspace. Raises `Refused` where the app is not installed."""

    def __init__(self, installations: Installations, rotator: AsyncTokenRotator) -> None:
        self._installations = installations
        self._rotator = rotator

    async def of(self, team: str) -> str:
        bot = await self._installations.async_find_bot(enterprise_id=None, team_id=team)
        if bot is None:
            raise Refused("Slack: the app is not installed in this workspace")
        return str((await self._renewed(bot)).bot_token)

    async def _renewed(self, bot: Bot) -> Bot:
        try:
            renewed = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=MINUTES_BEFORE)
        except SlackTokenRotationError:
            # A token can be renewed once: another process may have been quicker.
            log.warning("a token of Slack could not be renewed; looking whether another process has done so")
            return await self._installations.async_find_bot(enterprise_id=None, team_id=bot.team_id) or bot
        if renewed is None:
            return bot
        await self._installations.async_save_bot(renewed)
        return renewed


class States(AsyncOAuthStateStore):
    """Proves that who comes back from Slack was sent there by us; each is good once, for ten minutes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002 - named by the library
        state = secrets.token_urlsafe(24)
        await self._vault.put(f"slack:state:{state}", str(time.time()))
        return state

    async def async_consume(self, state: str) -> bool:
        name = f"slack:state:{state}"
        issued = await self._vault.get(name)
        return issued is not None and await self._vault.drop(name) and time.time() - float(issued) < STATE_SECONDS


def rotator(client: AsyncWebClient, client_id: str, client_secret: str) -> AsyncTokenRotator:
    return AsyncTokenRotator(client=client, client_id=client_id, client_secret=client_secret)


def _name(team: str | None) -> str:
    if not team:
        raise Refused("Slack: an installation without a workspace")
    return f"slack:bot:{team}"


def _arguments(kept: dict[str, Any]) -> dict[str, Any]:
    """What was written as a list is given as one; empty values are the library's own defaults."""
    return {name: value for name, value in kept.items() if value is not None}


def _left(payload: dict[str, Any]) -> list[str]:
    event = payload.get("event")
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(event, dict) or kind not in ("app_uninstalled", "tokens_revoked", "team_access_revoked"):
        return []
    if kind == "team_access_revoked":
        teams = event.get("team_ids")
        return [team for team in teams if isinstance(team, str) and team] if isinstance(teams, list) else []
    tokens = event.get("tokens")
    if kind == "tokens_revoked" and not (isinstance(tokens, dict) and tokens.get("bot")):
        return []  # a person's own token, of which we keep none
    team = payload.get("team_id")
    return [team] if isinstance(team, str) and team else []
