"""From a payload of the Events API to one of our events: pure, and the same for both modes.

Who is answered: a person in a direct message, always; anywhere else whoever mentions the bot. In channels Slack sends
two events for one mention, `message` and `app_mention`. Only `app_mention` carries it here, so one answer comes
whichever arrives first. In group direct messages `message` carries it, because `app_mention` is not reliably sent
there; should both come, they name the same message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.messages import Address, Edit, Event, Halt, Ignored, Kind, Message, Removal
from bot.untrusted import Unusable
from connectors.slack.escaping import plain
from connectors.slack.fields import ident, needed, table, timestamp, words

CHANNEL = "slack"
COMMANDS = frozenset({"help", "reset", "forget", "stop"})
SETTLE = 0.4
"""Seconds. Slack gives no order guarantee; an earlier message may still be on its way."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are in the workspace, as `auth.test` says. Empty until it was asked."""

    team: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event with what is read from its envelope."""

    account: str
    key: str
    bots: frozenset[str]
    event: dict[str, Any]

    @property
    def private(self) -> bool:
        kind = ident(self.event, "channel_type")
        return kind in ("im", "app_home") or (not kind and ident(self.event, "channel").startswith("D"))

    def address(self, said: dict[str, Any]) -> Address:
        """Return where the answer to `said` goes. The parent of a thread carries its own ts as `thread_ts`."""
        ts = timestamp(said)
        root = timestamp(said, "thread_ts") if said.get("thread_ts") else ts
        thread = "" if self.private and root == ts else root
        return Address(CHANNEL, self.account, needed(self.event, "channel"), thread)

    def before(self) -> dict[str, Any]:
        """Return the message as it was; Slack sends an empty list where it is not known."""
        return table(self.event, "previous_message") if self.event.get("previous_message") else {}

    def ignored(self, reason: str) -> Ignored:
        return Ignored(CHANNEL, self.account, self.key, reason)

    def for_us(self, *said: dict[str, Any]) -> bool:
        """Whether we are told `said`: in a direct message always, elsewhere if it mentions us."""
        texts = [words(one, "text") for one in said]
        return self.private or any(f"<@{bot}{end}" in text for text in texts for bot in self.bots for end in ">|")

    def not_a_person(self, said: dict[str, Any]) -> str:
        """Return the rule by which `said` is no person's message, empty if it is one."""
        if ident(said, "user") in self.bots:
            return "own message"
        robot = said.get("bot_id") or ident(said, "subtype") == "bot_message" or ident(said, "user") == "USLACKBOT"
        return "bot message" if robot else ""


def to_message(payload: dict[str, Any], me: Me) -> Event:
    """Return what one `event_callback` means. Raises `Unusable` for one that Slack would not send."""
    if payload.get("type") == "app_rate_limited":
        team = ident(payload, "team_id") or me.team
        return Ignored(CHANNEL, team, f"limited:{payload.get('minute_rate_limited')}", "too many events")
    event = table(payload, "event")
    installed = _authorizations(payload)
    # In a channel shared with another company `team_id` may be theirs; where we are installed comes first.
    teams = [ident(item, "team_id") for item in installed[:1]]
    delivery = Delivery(
        account=next(filter(None, [*teams, ident(payload, "team_id")]), me.team),
        key=f"event:{needed(payload, 'event_id')}",
        bots=_bots(payload, installed, me),
        event=event,
    )
    read = EVENTS.get(needed(event, "type"))
    return read(delivery) if read else delivery.ignored("event type")


def _authorizations(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for which installations of the app Slack sends this."""
    found = payload.get("authorizations") or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Unusable("authorizations is not a list of objects")
    return found


def _bots(payload: dict[str, Any], installed: list[dict[str, Any]], me: Me) -> frozenset[str]:
    """Return our user ids: what Slack says in the envelope counts even before `auth.test` was answered."""
    named = [ident(item, "user_id") for item in installed if item.get("is_bot")]
    old = [] if named else payload.get("authed_users") or []
    if not isinstance(old, list):
        raise Unusable("authed_users is not a list")
    return frozenset(user for user in (me.user, *named, *old) if user and isinstance(user, str))


def _message(delivery: Delivery) -> Event:
    read = SUBTYPES.get(ident(delivery.event, "subtype"))
    return read(delivery) if read else delivery.ignored("channel notice")


def _said(delivery: Delivery) -> Event:
    if delivery.private:
        return _asked(delivery)
    if not delivery.for_us(delivery.event):
        return delivery.ignored("not mentioned")
    group = ident(delivery.event, "channel_type") == "mpim"
    return _asked(delivery) if group else delivery.ignored("mention event")


def _asked(delivery: Delivery) -> Event:
    event = delivery.event
    rule = delivery.not_a_person(event)
    if rule:
        return delivery.ignored(rule)
    text = plain(words(event, "text"), delivery.bots)
    kind, command = _kind(event, text, delivery.private)
    if kind is None:
        return delivery.ignored("no text")
    ts = timestamp(event)
    return Message(
        address=delivery.address(event),
        key=delivery.key,
        text=text,
        sender=needed(event, "user"),
        platform_id=ts,
        kind=kind,
        command=command,
        order=float(ts),
        settle=SETTLE,
        private=delivery.private,
    )


def _kind(event: dict[str, Any], text: str, private: bool) -> tuple[Kind | None, str]:
    """Say what was sent. A command's name alone is the command: slash commands do not exist inside threads."""
    if text.lower() in COMMANDS:
        return Kind.COMMAND, text.lower()
    if text:
        return Kind.TEXT, ""
    if event.get("files") or event.get("attachments"):
        return Kind.MEDIA, ""
    return (None, "") if private else (Kind.COMMAND, "help")


def _changed(delivery: Delivery) -> Event:
    before = delivery.before()
    now = {**{name: before.get(name) for name in ("ts", "thread_ts")}, **table(delivery.event, "message")}
    address, platform_id = delivery.address(now), timestamp(now)
    if ident(now, "subtype") == "tombstone":  # what is left of a deleted message that has replies
        return Removal(address, delivery.key, platform_id)
    rule = delivery.not_a_person(now)
    if not rule and before.get("text") == now.get("text"):
        rule = "text unchanged"  # Slack added a preview, or the thread got a reply
    if not rule and not delivery.for_us(before, now):
        rule = "not mentioned"
    if rule:
        return delivery.ignored(rule)
    return Edit(address, delivery.key, platform_id, plain(words(now, "text"), delivery.bots))


def _deleted(delivery: Delivery) -> Event:
    before = delivery.before()
    rule = delivery.not_a_person(before)
    if not rule and before and not delivery.for_us(before):
        rule = "not mentioned"
    if rule:
        return delivery.ignored(rule)
    platform_id = timestamp(delivery.event, "deleted_ts")
    address = delivery.address({"ts": platform_id, "thread_ts": before.get("thread_ts")})
    return Removal(address, delivery.key, platform_id)


def _stopped(delivery: Delivery) -> Event:
    """A person pressed Slack's own stop button."""
    event = delivery.event
    thread = timestamp(event, "thread_ts") if event.get("thread_ts") else ""
    return Halt(Address(CHANNEL, delivery.account, needed(event, "channel"), thread), delivery.key)


Reader = Callable[[Delivery], Event]
EVENTS: dict[str, Reader] = {"message": _message, "app_mention": _asked, "agent_session_stopped": _stopped}
SUBTYPES: dict[str, Reader] = {
    "": _said,
    "file_share": _said,
    "me_message": _said,
    "thread_broadcast": _said,
    "bot_message": lambda delivery: delivery.ignored("bot message"),
    "message_changed": _changed,
    "message_deleted": _deleted,
}
