"""What Slack counts when it limits how fast may be written.

A message a second in a channel and several hundred a minute in a workspace; beside that, calls of each method a minute
in a workspace, by tiers. Sources: docs.slack.dev/apis/web-api/rate-limits and each method's own page.
"""

from __future__ import annotations

from bot.messages import Lane, Part
from connectors.slack.streams import STREAM

POSTS = 300
"""Slack says "several hundred messages per minute"."""
TIERS = {"chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.appendStream": 100}
"""Calls a minute."""


def lanes(part: Part, growing: bool) -> list[Lane]:
    """Return what comes of the part: a post, a stream that begins, goes on or ends, or an edit.

    Where a beginning is posted that will be edited, the edit that ends it is counted with it: what can be begun and not
    be finished soon is better not begun.
    """
    where = part.address
    team = f"slack:{where.account}"
    here = Lane(f"{team}:{where.chat}", 1, 1.0)
    if not part.live:
        begins = [_tier(team, "chat.startStream" if where.thread else "chat.update")] if growing else []
        return [here, Lane(f"{team}:posts", POSTS, 60.0), *begins]
    streaming = part.live.startswith(STREAM)
    if growing:
        shown = Lane(f"{team}:{where.chat}:growing", 1, 1.0)
        return [shown, _tier(team, "chat.appendStream" if streaming else "chat.update")]
    return [here, _tier(team, "chat.stopStream" if streaming else "chat.update")]


def _tier(team: str, method: str) -> Lane:
    return Lane(f"{team}:{method}", TIERS[method], 60.0)
