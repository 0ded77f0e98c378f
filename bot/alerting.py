"""Tells people of the team what they should look at, where the settings say, by the outbox that everything goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import structlog
from pydantic import Field

import connectors
from bot.errors import SettingsError
from bot.interfaces import Connector
from bot.messages import Address
from bot.plugins import plugin_names
from bot.settings import Section
from bot.splitting import limit_of, split
from bot.store.alerts import Alert, Alerts, Kind

log = structlog.get_logger()

LOOK = 2.0
"""Seconds between looks for alerts."""
WHAT: Mapping[str, Mapping[Kind, str]] = {
    "en": {
        Kind.HANDED_OVER: "Somebody on {channel} needs a person ({reason}).",
        Kind.HELD: "A reply on {channel} was sent, but nobody knows whether it arrived ({reason}).",
    },
    "zh": {
        Kind.HANDED_OVER: "{channel} 上有人需要人工（{reason}）。",
        Kind.HELD: "{channel} 上的一条回复已发出，但不确定对方是否收到（{reason}）。",
    },
}
MANY = {
    "en": "{n} conversations need a person ({reasons}).",
    "zh": "有 {n} 个对话需要人工（{reasons}）。",
}
APART = 4
"""More than so many at once, as when a model is away, are told in one sentence."""
MOST_REASONS = 300
TIMES = {"en": "It happened {times} times.", "zh": "已发生 {times} 次。"}


class AlertSettings(Section, env_prefix="PALAVER_ALERTS_", table="alerts"):
    """Where the team is told, as a JSON list of `channel:chat`: `["slack:C0123", "telegram:-100123", "webhook"]`.

    `slack@T0123:C0456` names the workspace where the app is in several, `telegram:-100123/7` a topic.
    Without any, alerts stand in the list of the admin pages only. `again_minutes`: the same thing is told once more
    when it still happens so long after it was told.
    """

    to: tuple[str, ...] = ()
    language: Literal["en", "zh"] = "en"
    again_minutes: float = Field(60.0, gt=0)

    def places(self) -> list[Address]:
        """Return the addresses. Raises `SettingsError` for a channel that we do not have."""
        return [_place(one) for one in self.to]


class Herald:
    """Puts what nobody was told of into the outbox. `page` makes the whole address of an admin page of its path."""

    def __init__(
        self,
        alerts: Alerts,
        channels: Mapping[str, Connector],
        settings: AlertSettings,
        page: Callable[[str], str],
        wake: Callable[[], None],
    ) -> None:
        self._alerts = alerts
        self._channels = channels
        self._settings = settings
        self._places = settings.places()
        self._page = page
        self._wake = wake

    async def look(self) -> None:
        """Tell what is to be told, each once among all processes. Raises `StoreDown`."""
        again = self._settings.again_minutes * 60
        untold = await self._alerts.untold(again) if self._places else ()
        for together in [untold] if len(untold) > APART else [[alert] for alert in untold]:
            if await self._alerts.tell(together, again, [(to, self._pieces(to, together)) for to in self._places]):
                log.info("told the team", alerts=[alert.id for alert in together])
                self._wake()

    def _pieces(self, to: Address, alerts: Sequence[Alert]) -> Sequence[str]:
        text = self._text(alerts[0]) if len(alerts) == 1 else self._summary(alerts)
        return split(text, limit_of(self._channels, to.channel))

    def _text(self, alert: Alert) -> str:
        """Say what happened and where to look; nothing of what the person wrote, and not who it is."""
        language = self._settings.language
        said = [WHAT[language][alert.kind].format(channel=alert.channel, reason=alert.reason)]
        if alert.times > 1:
            said.append(TIMES[language].format(times=alert.times))
        return " ".join([*said, self._page(f"conversations/{alert.conversation}")])

    def _summary(self, alerts: Sequence[Alert]) -> str:
        reasons = ", ".join(sorted({alert.reason for alert in alerts if alert.reason}))
        said = MANY[self._settings.language].format(n=len(alerts), reasons=reasons[:MOST_REASONS])
        return f"{said} {self._page('waiting')}"


def _place(named: str) -> Address:
    name, _, rest = named.strip().partition(":")
    channel, _, account = name.partition("@")
    chat, _, thread = rest.partition("/")
    if channel not in plugin_names(connectors):
        known = ", ".join(plugin_names(connectors))
        raise SettingsError(f"PALAVER_ALERTS_TO: {named!r} begins with none of our channels ({known}).")
    # Without an account it is a conversation of its own, apart from what people say there to the bot.
    return Address(channel, account, chat, thread)
