"""Buttons below a message. Source: core.telegram.org/bots/api#inlinekeyboardbutton"""

from __future__ import annotations

from typing import Any

from connectors.telegram.standin.answers import Failed, Params

MOST_BYTES = 64


def keyboard(params: Params) -> dict[str, Any]:
    """Return the buttons of a call as a field of a message, nothing where it has none. Raises `Failed`."""
    markup = params.structure("reply_markup")
    if not markup:
        return {}
    rows = markup.get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not button.get("text"):
            raise Failed(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
        if not 0 < len(str(button.get("callback_data", "x")).encode()) <= MOST_BYTES:
            raise Failed(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": {"inline_keyboard": rows}}


def find_button(message: dict[str, Any], face: str) -> str:
    """Return what the button with this face says. Raises `LookupError`."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if face in button["text"]:
            return str(button["callback_data"])
    raise LookupError(f"no button {face} below {message.get('text')!r}")


def faces(message: dict[str, Any]) -> list[str]:
    """Return what stands on the buttons below a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
