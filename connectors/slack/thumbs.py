"""Slack's feedback buttons below a model's reply, by which people say what they think of it.

Source: docs.slack.dev/reference/block-kit/blocks/context-actions-block
"""

from __future__ import annotations

from typing import Any

from bot.messages import Address, Opinion, Part, Thumb
from connectors.slack.fields import ident, needed, table
from connectors.slack.markdown import marked, safe

ACTION = "palaver_thumb"
LABELS = {
    Thumb.UP: ("positive_button", "Good 好", "Good reply 回答得好"),
    Thumb.DOWN: ("negative_button", "Bad 不好", "Bad reply 回答得不好"),
}
LONGEST = 36


def blocks(part: Part) -> list[dict[str, Any]] | None:
    """Return the text with the buttons, its marks as what they mean; `None` where nobody is asked."""
    return [_text(part.text), _buttons(part.send_key)] if part.asks else None


def buttons(part: Part) -> list[dict[str, Any]] | None:
    """Return the buttons alone, for below a text that is there already; `None` where nobody is asked."""
    return [_buttons(part.send_key)] if part.asks else None


def opinion_of(payload: dict[str, Any], channel: str, account: str, key: str) -> Opinion | None:
    """Return what a press of these buttons says, `None` for any other interaction. Raises `Unusable`."""
    if ident(payload, "type") != "block_actions":
        return None
    found = _read(payload.get("actions"))
    if found is None:
        return None
    thumb, send_key = found
    chat, person = needed(table(payload, "channel"), "id"), needed(table(payload, "user"), "id")
    return Opinion(Address(channel, account, chat), key, person, thumb, send_key)


def _read(actions: object) -> tuple[Thumb, str] | None:
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, dict) and action.get("action_id") == ACTION:
            word, _, send_key = ident(action, "value").partition(":")
            if word in tuple(LABELS) and 0 < len(send_key) <= LONGEST:
                return Thumb(word), send_key
    return None


def _text(text: str) -> dict[str, Any]:
    if marked(text):
        return {"type": "markdown", "text": safe(text)}
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def _buttons(send_key: str) -> dict[str, Any]:
    both = {
        name: {
            "text": {"type": "plain_text", "text": label},
            "accessibility_label": spoken,
            "value": f"{thumb}:{send_key}",
        }
        for thumb, (name, label, spoken) in LABELS.items()
    }
    return {"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": ACTION, **both}]}
