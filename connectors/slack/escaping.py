"""Between Slack's way of writing text and plain text.

Slack marks everything special with `<...>`: mentions, channels, links. So text with `& < >` escaped can only be text:
no mass mention, no masked link. Source: docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Collection

_MARK = re.compile(r"<([^<>]*)>")
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)")


def escape(text: str) -> str:
    """Return text that Slack shows exactly as it is. At most five times as long."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, bots: Collection[str]) -> str:
    """Return what a person reads in `text`, without the mentions of `bots` (user ids)."""
    parts = _MARK.split(_without(text, bots))
    return "".join(_read(part) if number % 2 else _unescape(part) for number, part in enumerate(parts)).strip()


def _without(text: str, bots: Collection[str]) -> str:
    ids = "|".join(re.escape(bot) for bot in bots if bot)
    if not ids:
        return text
    mention = rf"<@(?:{ids})(?:\|[^<>]*)?>"
    text = re.sub(rf"^\s*{mention}(?:[,:](?=\s|$))?", "", text)
    return re.sub(rf"[ \t]*{mention}", "", text)


def _read(mark: str) -> str:
    """Return the inside of one `<...>` as text."""
    target, _, label = mark.partition("|")
    target, label = _unescape(target), _unescape(label)
    if target[:1] in ("@", "#"):
        return target[0] + label.removeprefix(target[0]) if label else target
    if target[:1] == "!":
        return label or "@" + target[1:].partition("^")[0]
    if not label or label.rstrip("/") == _SCHEME.sub("", target).rstrip("/"):
        return label or target
    return f"{label} ({target})"


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
