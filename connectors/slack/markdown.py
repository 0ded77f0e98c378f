"""A model's Markdown for Slack's `markdown_text`: marks work, but nobody is called and no link is masked."""

from __future__ import annotations

import re

LONGEST = 12_000
MARK = re.compile(r"\*\*\S|`[^`\n]+`|^```|^#{1,6} |^[-*] |^\d+\. |~~\S|^\|.+\|$", re.MULTILINE)
_CALL = re.compile(r"<(?=[@#!])")
_LINK = re.compile(r"(!?)\[([^\]\[\n]+)\]\(([^\s()]+)\)")
_ANGLE = re.compile(r"<([^<>|\s]+)\|([^<>]*)>")


def marked(text: str) -> bool:
    """Whether the text has marks that are worth showing as what they mean."""
    return len(text) <= LONGEST and MARK.search(text) is not None


def safe(text: str) -> str:
    """Return Markdown in which `<!channel>` and the like are only text, and links stand beside their words."""
    text = _ANGLE.sub(r"\2 (\1)", text)
    return _CALL.sub("<\u200b", _LINK.sub(_shown, text))


def _shown(found: re.Match[str]) -> str:
    label, address = found[2], found[3]
    return address if label == address else f"{label} ({address})"
