"""The blocks that we send. Source: docs.slack.dev/reference/block-kit"""

from __future__ import annotations

import json
from typing import Any

LONGEST_VALUE = 2000
LONGEST_LABEL = 75


class InvalidBlocks(Exception):
    """Slack's no to blocks that it does not understand."""


def read_blocks(given: object) -> dict[str, Any]:
    """Return the blocks of a call as a field of a message, nothing where it has none. Raises `InvalidBlocks`."""
    blocks = json.loads(given) if isinstance(given, str) and given else given
    if not blocks:
        return {}
    if not isinstance(blocks, list):
        raise InvalidBlocks("invalid_blocks_format")
    for block in blocks:
        _check(block)
    return {"blocks": blocks}


def find_button(said: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what pressing the `positive` or `negative` button below a message says. Raises `LookupError`."""
    for block in said.get("blocks", ()):
        for element in block.get("elements", ()):
            if element.get("type") == "feedback_buttons":
                value = element[f"{name}_button"]["value"]
                known = {"action_id": element["action_id"], "block_id": block.get("block_id", "b")}
                return {**known, "type": "feedback_buttons", "value": value}
    raise LookupError(f"no feedback buttons below {said.get('text')!r}")


def _check(block: Any) -> None:
    if block.get("type") not in ("rich_text", "context_actions", "markdown", "section"):
        raise InvalidBlocks("invalid_blocks")
    if block["type"] == "context_actions":
        for element in block["elements"]:
            for side in ("positive_button", "negative_button"):
                button = element[side]
                if len(button["value"]) > LONGEST_VALUE or len(button["text"]["text"]) > LONGEST_LABEL:
                    raise InvalidBlocks("invalid_blocks")
